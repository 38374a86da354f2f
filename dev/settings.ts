/** What `bun run dev` gives each service, from the environment. */
import { join } from "node:path";

import type { Service, ServiceConfig, ServiceSchema } from "../platform/command/service.ts";
import { localUrl } from "../platform/http/server.ts";
import { ConfigError, ignoredValues, readConfig, showChanged } from "../platform/process/config.ts";
import { misspelt } from "../platform/process/misspelt.ts";
import { listed, type ServiceName, SERVICES, urlVariableOf } from "../services.ts";

export const ROOT = join(import.meta.dir, "..");

/** Variables that each service needs for itself: one value for all would be a mistake. */
const OWN = ["PORT", "DATABASE_URL", "DATABASE_URL_FILE"] as const;
const ANY_OWN = new RegExp(`\\b(?:${OWN.join("|")})\\b`, "g");

/** The name of a variable for one service, for example `THINGS_PORT`. */
export function ownName(service: string, variable: string): string {
  return `${service.toUpperCase()}_${variable}`;
}

/** Returns a sentence of a service with the names that `bun run dev` reads. */
export function inOwnNames(service: string, sentence: string): string {
  return sentence.replaceAll(ANY_OWN, (variable) => ownName(service, variable));
}

/** The longest time that a call may take: a debugger may stop the other service for as long. */
const DEBUGGED_CALL_MS = "240000";

/** With `--auth`. The secret lives as long as this process. */
const IDENTITY = {
  AUTH: "on",
  AUTH_SECRET: crypto.getRandomValues(new Uint8Array(32)).toBase64(),
  AUTH_ISSUER: "dev",
  AUTH_AUDIENCE: "dev",
};

export interface Options {
  /** Requires tokens. */
  auth: boolean;
  /** Opens a debugger for each service, which may stop it for minutes. */
  inspect: boolean;
}

/** One service. */
export interface Settings {
  name: ServiceName;
  environment: Record<string, string>;
  config: ServiceConfig;
}

export interface AllSettings {
  services: Settings[];
  /** What the operator should know, each a sentence. */
  notes: string[];
  /** What the operator has set, as `NAME=value`, without secrets. */
  set: string[];
}

type Environment = Record<string, string | undefined>;

/**
 * Reads the settings of all services.
 *
 * @throws ConfigError that names each fault once, with the variables that `bun run dev` reads
 */
export async function readSettings(given: Environment, options: Options): Promise<AllSettings> {
  const schemas = new Map<ServiceName, ServiceSchema>();
  for (const { name } of SERVICES) {
    const path = join(ROOT, name, "service.ts");
    const { service } = (await import(path)) as { service: Service<ServiceSchema> };
    schemas.set(name, service.config);
  }
  const alsoRead = SERVICES.flatMap(({ name }) => OWN.map((variable) => ownName(name, variable)));
  const ignored = misspelt([...schemas.values()], given, { alsoRead });
  for (const schema of schemas.values()) {
    for (const [variable, sentence] of ignoredValues(schema, given))
      ignored.set(variable, sentence);
  }
  const notes = [...ignoredOwn(given), ...ignored.values()];
  const passed = Object.fromEntries(
    Object.entries(given).filter(
      (one): one is [string, string] => one[1] !== undefined && !ignored.has(one[0]),
    ),
  );

  const faults = new Set(samePorts(given));
  const set = new Set<string>();
  const services: Settings[] = [];
  for (const [name, schema] of schemas) {
    const environment = environmentOf(name, passed, options);
    try {
      const config = readConfig(schema, environment);
      services.push({ name, environment, config });
      for (const [variable, value] of Object.entries(showChanged(schema, config))) {
        const shown = inOwnNames(name, variable);
        if (given[shown]) set.add(`${shown}=${value}`);
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const fault of error.faults) faults.add(inOwnNames(name, fault));
    }
  }
  if (faults.size > 0) throw new ConfigError([...faults]);
  return { services, notes, set: [...set] };
}

function ignoredOwn(given: Environment): string[] {
  return OWN.filter((variable) => given[variable]).map((variable) => {
    const own = listed(SERVICES.map(({ name }) => ownName(name, variable)));
    return `${variable} is ignored, because each service needs its own: set ${own}`;
  });
}

function samePorts(given: Environment): string[] {
  const names = SERVICES.filter(({ name }) => portOf(given, name) !== "0");
  const byPort = Map.groupBy(names, ({ name }) => portOf(given, name));
  return Array.from(byPort).flatMap(([port, sharing]) => {
    if (sharing.length === 1) return [];
    const own = listed(sharing.map(({ name }) => ownName(name, "PORT")));
    return [`${own}: each service needs its own port, and all have ${port}`];
  });
}

function portOf(given: Environment, name: ServiceName): string {
  const port = SERVICES.find((one) => one.name === name)?.port;
  return given[ownName(name, "PORT")] || String(port);
}

/** Later entries win: defaults of dev, the environment, the options, then what is each one's own. */
function environmentOf(
  name: ServiceName,
  given: Record<string, string>,
  { auth, inspect }: Options,
): Record<string, string> {
  const calls = SERVICES.find((one) => one.name === name)?.calls ?? [];
  const patience = ["TIMEOUT_MS", "ATTEMPT_TIMEOUT_MS"].flatMap((limit) =>
    calls.map((callee) => [ownName(callee, limit), DEBUGGED_CALL_MS]),
  );
  return {
    LOG_FORMAT: "pretty",
    ...(inspect && Object.fromEntries(patience)),
    ...given,
    ...(auth && IDENTITY),
    // Whoever asks for tokens does not ask for an open port.
    HOST: given["HOST"] || "127.0.0.1",
    PORT: portOf(given, name),
    DATABASE_URL: given[ownName(name, "DATABASE_URL")] ?? "",
    DATABASE_URL_FILE: given[ownName(name, "DATABASE_URL_FILE")] ?? "",
  };
}

/** Tells each service its port, and the URLs of the others. */
export function connect(services: readonly Settings[], ports: Record<string, number>): void {
  const urls = services.map(({ name, config: { HOST: host } }) => {
    const url = localUrl({ host, port: ports[name] ?? 0, loopback: "localhost" });
    return { name, url };
  });
  for (const { name, environment } of services) {
    environment["PORT"] = String(ports[name]);
    const calls = SERVICES.find((one) => one.name === name)?.calls ?? [];
    for (const { name: callee, url } of urls.filter((one) => calls.includes(one.name))) {
      environment[urlVariableOf(callee)] ||= url;
    }
    const others = urls.filter((one) => one.name !== name);
    environment["DOCS_LINKS"] ||= others.map((one) => `${one.name}=${one.url}/swagger`).join(",");
  }
}
