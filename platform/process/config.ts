/**
 * Reads the environment through a TypeBox schema: reports every fault at once, and prints a table
 * for `--help`.
 */
import {
  type Static,
  type TObject,
  type TProperties,
  type TSchema,
  type TString,
  Type,
} from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

import { callVariablesOf } from "./call-variables.ts";
import { docsLinks } from "./docs-links.ts";
import { expectation } from "./expectation.ts";
import type { Family, ServiceEntry } from "./family.ts";
import { misspelt } from "./misspelt.ts";
import { OperatorError } from "./operator-error.ts";
import { runtimeFaults } from "./runtime-variables.ts";
import type { Given, VariableOptions } from "./variable.ts";
import { variablesOf } from "./variables.ts";
import { wrapped } from "./wrapped.ts";

/**
 * A mistake of the operator: one line that says what is wrong and what to do, exit code 2, no
 * stack.
 */
export class ConfigError extends OperatorError {
  override readonly name = "ConfigError";
  override readonly exitCode = 2;
  /** Each as `NAME: what to do`. */
  readonly faults: readonly string[];

  constructor(faults: string | readonly string[]) {
    const all = [faults].flat();
    super(all.join("; "));
    this.faults = all;
  }
}

type Environment = Record<string, string | undefined>;
type Variable = TSchema & Partial<VariableOptions<unknown>>;

/**
 * Returns the schema of a service's variables: the common ones, those for calling other services,
 * and its own.
 *
 * @param own the variables that only this service has. Default: none
 * @throws Error if one of its own has the name of another: also of a call to a service that this one
 *   does not call, because `bun run dev` has one environment for all
 */
export function configOf<Own extends TProperties = {}>(
  service: ServiceEntry,
  family: Family,
  own?: Own,
): TObject<CommonVariables & Own> {
  const common = { ...variablesOf(service), DOCS_LINKS: docsLinks(service, family) };
  const calls = family.map(({ name }) => name);
  const taken = { ...common, ...callVariablesOf({ calls }, family) };
  for (const name of Object.keys(own ?? {})) {
    if (name in taken) throw new Error(`${service.name}: the variable ${name} exists already`);
  }
  const variables = { ...common, ...callVariablesOf(service, family), ...own };
  return Type.Object(variables) as unknown as TObject<CommonVariables & Own>;
}
type CommonVariables = ReturnType<typeof variablesOf> & { DOCS_LINKS: TString };
export type CommonSchema = TObject<CommonVariables>;

/**
 * Reads the variables of the schema, and the files in `NAME_FILE` for those that allow a file.
 *
 * @throws ConfigError that names every invalid variable, and never shows a value
 */
export function readConfig<Schema extends TObject>(
  schema: Schema,
  environment: Environment,
): Static<Schema> {
  const variables: [string, Variable][] = Object.entries(schema.properties);
  const config: Record<string, unknown> = {};
  const faults: string[] = [];
  const ignored = new Set<string>();
  for (const [name, variable] of variables) {
    try {
      config[name] = valueOf(name, variable, environment);
    } catch (error) {
      if (variable.isLenient) {
        config[name] = variable.default;
        ignored.add(name);
      } else faults.push(`${name}: ${(error as Error).message}`);
    }
  }
  const isSet = (name: string) =>
    !ignored.has(name) && Boolean(environment[name] || environment[fileOf(name)]);
  const given: Given = { config, isSet };
  for (const [, variable] of variables) faults.push(...(variable.faults?.(given) ?? []));
  faults.push(...runtimeFaults(config, environment));
  if (faults.length > 0) throw new ConfigError(faults);
  for (const [name, { defaultBy }] of variables) {
    if (!isSet(name)) config[name] = defaultBy?.(given) ?? config[name];
  }
  return config as Static<Schema>;
}

/**
 * Returns a sentence for each variable whose value is ignored because it is invalid, by its name.
 * None shows a value.
 */
export function ignoredValues(schema: TObject, environment: Environment): Map<string, string> {
  const found = new Map<string, string>();
  const variables: [string, Variable][] = Object.entries(schema.properties);
  for (const [name, variable] of variables) {
    if (!variable.isLenient) continue;
    try {
      valueOf(name, variable, environment);
    } catch (error) {
      found.set(name, `${name} is ignored: ${(error as Error).message}`);
    }
  }
  return found;
}

/** Returns a sentence for each variable that is ignored: misspelt, or with an invalid value. */
export function ignoredIn(schema: TObject, environment: Environment): string[] {
  const sentences = misspelt([schema], environment).values();
  return [...sentences, ...ignoredValues(schema, environment).values()];
}

const fileOf = (name: string) => `${name}_FILE`;

/** @throws Error if it is invalid, if both are set, or if the file does not contain a value */
function valueOf(name: string, variable: Variable, environment: Environment): unknown {
  const own = environment[name];
  const path = variable.mayBeFile ? environment[fileOf(name)] : undefined;
  if (path && own) throw new Error(`cannot be combined with ${fileOf(name)}`);
  const given = path ? readValueFile(path, fileOf(name)) : own;
  // An empty variable counts as not set: Compose passes missing variables on as empty ones.
  // No start checks a default again: a test does.
  if (!given && variable.default !== undefined) return variable.default;
  const isNumber = variable["type"] === "integer" && /^\d{1,15}$/.test(given ?? "");
  const isWord = variable.isLenient && variable["anyOf"];
  const word = isWord ? given?.toLowerCase() : given;
  const value = isNumber ? Number(given) : word || undefined;
  if (!Value.Check(variable, value)) throw new Error(`expected ${expectation(variable)}`);
  return value;
}

/**
 * Reads the value of a variable from a file, where process listings do not show it. Drops the final
 * line break, which editors and `echo` add.
 *
 * @param name the variable that names the file
 * @throws Error with the reason, but nothing of the content
 */
function readValueFile(path: string, name: string): string {
  // Loaded here because hardly any start needs it.
  const { readFileSync } = require("node:fs") as typeof import("node:fs");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const why = error instanceof TypeError ? "it is not UTF-8" : (error as { code?: string }).code;
    throw new Error(`the file in ${name} cannot be read: ${why}`, { cause: error });
  }
  const value = text.replace(/\r?\n$/, "");
  if (value === "") throw new Error(`the file in ${name} is empty`);
  return value;
}

/**
 * Returns a function that reads the file in `NAME_FILE` again, undefined if that variable is not
 * set. The function throws an Error if the file does not contain a value.
 */
export function rereadFile(name: string, environment: Environment): (() => string) | undefined {
  const path = environment[fileOf(name)];
  return path ? () => readValueFile(path, fileOf(name)) : undefined;
}

/** What people look for first. */
const FIRST = ["PORT", "HOST", "DATABASE_URL"];

/** Returns name, default and description of each variable, for a terminal. */
export function describeConfig({ properties }: TObject): string {
  const first = FIRST.filter((name) => name in properties).map((name) => [name, properties[name]]);
  return Object.entries({ ...Object.fromEntries(first), ...properties } as typeof properties)
    .map(([name, { description, mayBeFile, default: value }]) => {
      const file = mayBeFile ? `. Or set ${fileOf(name)} to a file that contains it` : "";
      const head = `  ${name} [${value === "" ? "none" : value}]`;
      return `${head}\n${wrapped(`${description}${file}`, 6)}`;
    })
    .join("\n");
}

/** Returns the variables that are not as they are by default, shown as by {@link showConfig}. */
export function showChanged(
  schema: TObject,
  config: Record<string, unknown>,
): Record<string, unknown> {
  const isDefault = ([name]: [string, unknown]) =>
    config[name] === schema.properties[name]?.default;
  const shown = Object.entries(showConfig(schema, config));
  return Object.fromEntries(shown.filter((one) => !isDefault(one)));
}

/** Returns the configuration for the log, without secrets and without passwords in URLs. */
export function showConfig(
  { properties }: TObject,
  config: Record<string, unknown>,
): Record<string, unknown> {
  const shown = Object.entries(config).map(([name, value]) => {
    if (value && properties[name]?.["isSecret"]) return [name, "***"];
    return [name, typeof value === "string" ? withoutPassword(value) : value];
  });
  return Object.fromEntries(shown);
}

/** Replaces the password of a URL, before the host or in the query, by `***`. */
function withoutPassword(text: string): string {
  return text
    .replace(/(?<=^[a-z]+:\/\/[^/:@]*:).*(?=@)/, "***")
    .replaceAll(/(?<=[?&]password=)[^&]*/g, "***");
}
