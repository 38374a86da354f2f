/**
 * Reads the environment through a TypeBox schema: reports every fault at once, and prints a table
 * for `--help`.
 */
import { type Static, type TObject, type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

import { callConfigOf, callFaults } from "./call-config.ts";
import { expectation } from "./expectation.ts";
import type { Family, ServiceEntry } from "./family.ts";
import { IdentityConfig, identityFaults } from "./identity-config.ts";
import { LimitsConfig, limitsFaults } from "./limits-config.ts";
import { LEVELS, LOG_REQUESTS, type LogRequests } from "./log.ts";
import { OperatorError } from "./operator-error.ts";
import { TracesVariables } from "./traces-config.ts";
import { readValueFile } from "./value-file.ts";

/**
 * A mistake of the operator: one line that says what is wrong and what to do, exit code 2, no
 * stack.
 */
export class ConfigError extends OperatorError {
  override readonly name = "ConfigError";
  override readonly exitCode = 2;
}

/**
 * Checks a condition between variables. `config` has only the valid values. `isSet` tells whether
 * the operator set a variable.
 */
type Rule = (config: Record<string, unknown>, isSet: (name: string) => boolean) => string[];
const RULES: readonly Rule[] = [identityFaults, limitsFaults, callFaults];

type Environment = Record<string, string | undefined>;

/** The default of `MAX_BODY_BYTES`. It is also the limit in the description of a 413. */
export const BODY_BYTES_DEFAULT = 65_536;

/** The variables that all services have. */
const CommonConfig = {
  ALLOWED_HOSTS: Type.String({
    description:
      "Host names to accept in the Host header, separated by commas. If none: only those of this " +
      "machine with AUTH=off on a loopback address, otherwise any",
    pattern: "^(?:HOST(?:,HOST)*)?$".replaceAll("HOST", "(?:[\\w.-]+|\\[[0-9A-Fa-f:.]+\\])"),
    examples: ["localhost,shop.example.com"],
    default: "",
  }),
  ...IdentityConfig,
  ...LimitsConfig,
  HOST: Type.String({
    description: "Address to listen on. If AUTH is set, the default is 0.0.0.0",
    minLength: 1,
    default: "127.0.0.1",
  }),
  LOG_FORMAT: Type.Union([Type.Literal("json"), Type.Literal("pretty")], {
    description: "json (one object per line) or pretty (for people)",
    default: "json",
  }),
  LOG_LEVEL: Type.Union(
    LEVELS.map((level) => Type.Literal(level)),
    { description: "Lowest level to log: debug, info, warn or error", default: "info" },
  ) as TSchema & { static: (typeof LEVELS)[number] },
  LOG_REQUESTS: Type.Union(
    LOG_REQUESTS.map((which) => Type.Literal(which)),
    {
      description:
        "Which requests to log, at level info: all, failed (failed and slow ones) or off",
      default: "all",
    },
  ) as TSchema & { static: LogRequests },
  MAX_BODY_BYTES: Type.Integer({
    description: "Largest accepted request body, in bytes",
    minimum: 1,
    maximum: 100_000_000,
    default: BODY_BYTES_DEFAULT,
  }),
  SHUTDOWN_GRACE_MS: Type.Integer({
    description: "How long to keep accepting requests after SIGTERM, while not ready",
    minimum: 0,
    maximum: 600_000,
    default: 0,
  }),
  SHUTDOWN_TIMEOUT_MS: Type.Integer({
    description: "How long requests in flight may then take to finish",
    minimum: 0,
    maximum: 600_000,
    default: 10_000,
  }),
  ...TracesVariables,
};

/** Returns the common variables, with the defaults of this service. */
export function commonConfigOf({ name, port }: ServiceEntry) {
  const databaseUrl = `sqlite://data/${name}.db`;
  return {
    ...CommonConfig,
    PORT: Type.Integer({
      description: "Port to listen on; 0 picks a free one",
      minimum: 0,
      maximum: 65_535,
      default: port,
    }),
    DATABASE_URL: Type.String({
      description:
        "sqlite://path, sqlite://:memory: or postgres://user:password@host/name, with options such as " +
        "?pool_max=8&connect_timeout_ms=5000&statement_timeout_ms=5000&sslmode=disable&sslrootcert=file",
      pattern: "^(?:sqlite://.+|postgres(?:ql)?://.+)$",
      examples: [databaseUrl, "postgres://user:password@host/name"],
      default: databaseUrl,
      mayBeFile: true,
    }),
  };
}

/**
 * Returns the schema of a service's variables: the common ones, and those for calling other
 * services.
 */
export function configOf<Callee extends string>(
  service: ServiceEntry<string, Callee>,
  family: Family,
) {
  return Type.Object({ ...commonConfigOf(service), ...callConfigOf(service, family) });
}

/**
 * Reads the variables of the schema, and the files in `NAME_FILE` for those that allow a file.
 *
 * @throws ConfigError that names every invalid variable, and never shows a value
 */
export function readConfig<Schema extends TObject>(
  schema: Schema,
  environment: Environment,
): Static<Schema> {
  const config: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, variable] of Object.entries(schema.properties)) {
    try {
      const text = variable["mayBeFile"] ? textOrFile(name, environment) : environment[name];
      // An empty variable counts as not set: Compose passes missing variables on as empty ones.
      const value =
        text === undefined || text === "" ? variable.default : parseVariable(text, variable);
      if (!Value.Check(variable, value)) throw new Error(`expected ${expectation(variable)}`);
      config[name] = value;
    } catch (error) {
      faults.push(`${name}: ${(error as Error).message}`);
    }
  }
  const isSet = (name: string) => Boolean(environment[name] || environment[fileOf(name)]);
  faults.push(...RULES.flatMap((rule) => rule(config, isSet)));
  if (faults.length > 0) throw new ConfigError(faults.join("; "));
  if (isSet("AUTH") && !isSet("HOST")) config["HOST"] = "0.0.0.0";
  if (config["AUTH"] === "on" && !isSet("METRICS")) config["METRICS"] = "admin";
  return config as Static<Schema>;
}

const fileOf = (name: string) => `${name}_FILE`;

/** @throws Error if both are set, or the file does not contain a value */
function textOrFile(name: string, environment: Environment): string | undefined {
  const path = environment[fileOf(name)];
  if (!path) return environment[name];
  if (environment[name]) throw new Error(`cannot be combined with ${fileOf(name)}`);
  return readValueFile(path, fileOf(name));
}

function parseVariable(text: string, { type }: TSchema): unknown {
  return type === "integer" && /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/** Returns one line per variable: name, description, default. */
export function describeConfig(schema: TObject): string {
  const rows = Object.entries(schema.properties);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows
    .map(([name, { description, mayBeFile, default: value }]) => {
      const file = mayBeFile ? `. Or set ${fileOf(name)} to a file that contains it` : "";
      return `  ${name.padEnd(width)}  ${description}${file} [${value === "" ? "none" : value}]`;
    })
    .join("\n");
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
