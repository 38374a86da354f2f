/**
 * Reads the environment through a TypeBox schema: reports every fault at once, and prints a table
 * for `--help`.
 */
import { type Static, type TObject, type TSchema, type TString, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

import { callVariablesOf } from "./call-variables.ts";
import { docsLinks } from "./docs-links.ts";
import { expectation } from "./expectation.ts";
import type { Family, ServiceEntry } from "./family.ts";
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
 * Returns the schema of a service's variables: the common ones, and those for calling other
 * services.
 */
export function configOf(service: ServiceEntry, family: Family): CommonSchema {
  const variables = {
    ...variablesOf(service),
    DOCS_LINKS: docsLinks(service, family),
    ...callVariablesOf(service, family),
  };
  return Type.Object(variables) as unknown as CommonSchema;
}
export type CommonSchema = TObject<ReturnType<typeof variablesOf> & { DOCS_LINKS: TString }>;

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
  for (const [name, variable] of variables) {
    try {
      config[name] = valueOf(name, variable, environment);
    } catch (error) {
      faults.push(`${name}: ${(error as Error).message}`);
    }
  }
  const isSet = (name: string) => Boolean(environment[name] || environment[fileOf(name)]);
  const given: Given = { config, isSet };
  for (const [, variable] of variables) faults.push(...(variable.faults?.(given) ?? []));
  faults.push(...runtimeFaults(config, environment));
  if (faults.length > 0) throw new ConfigError(faults);
  for (const [name, { defaultBy }] of variables) {
    if (!isSet(name)) config[name] = defaultBy?.(given) ?? config[name];
  }
  return config as Static<Schema>;
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
  const value = isNumber ? Number(given) : given || undefined;
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

/** Returns name, default and description of each variable, for a terminal. */
export function describeConfig(schema: TObject): string {
  return Object.entries(schema.properties)
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
