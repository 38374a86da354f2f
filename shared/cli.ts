/** The commands of an executable. */
import { parseArgs } from "node:util";

import type { TObject } from "@sinclair/typebox";

import { type CommonConfig, ConfigError, describeConfig, readConfig } from "./config.ts";
import { type Database, DatabaseError, type Migration, openDatabase } from "./database.ts";
import { createCreations } from "./idempotency.ts";
import { listen, ListenError, stop } from "./lifecycle.ts";
import { createLog, type Log } from "./log.ts";
import { VERSION } from "./version.ts";

/** Success, failure, wrong usage or configuration. */
export const EXIT = { success: 0, failure: 1, usage: 2 } as const;

/** How often idempotency keys that are past their time are deleted. */
const SWEEP_INTERVAL_MS = 10 * 60 * 1000;

/** How long `healthcheck` waits: shorter than any orchestrator would. */
const HEALTHCHECK_TIMEOUT_MS = 2_000;

type CommonValues = { [Name in keyof typeof CommonConfig]: (typeof CommonConfig)[Name]["static"] };
export type ServiceConfig = CommonValues & { PORT: number; DATABASE_URL: string };

/** What an app is made with. */
export interface Parts<Config> {
  config: Config;
  database: Database;
  log: Log;
  draining: () => boolean;
}

/** A service, as its `main.ts` describes it. */
export interface Service<Config extends ServiceConfig> {
  name: string;
  /** One line for `--help`. */
  summary: string;
  config: TObject;
  migrations: readonly Migration[];
  createApp(parts: Parts<Config>): App;
  /** The options of `seed`, each a number, with what they mean. */
  seedOptions: Record<string, string>;
  /** Loads demo data, or as much as the options say, and tells what it did. */
  seed(database: Database, options: Record<string, number>, output: Output): Promise<string>;
}

interface App {
  fetch(request: Request): Response | Promise<Response>;
  handle(request: Request): Promise<Response>;
}

export interface Output {
  /** For people: a line, on standard error. */
  say(line: string): void;
  /** What the command is for: text, on standard output. */
  print(text: string): void;
}

/** What only `main.ts` may touch. */
export interface Surroundings extends Output {
  args: readonly string[];
  environment: Record<string, string | undefined>;
  /** Calls back at every request to end, SIGTERM and SIGINT that is. */
  onStop(handler: () => void): void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** A word of the command line that is wrong. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Runs one command and answers the exit code. What the operator can mend is told in one line. */
export async function run<Config extends ServiceConfig>(
  service: Service<Config>,
  surroundings: Surroundings,
): Promise<number> {
  try {
    await runCommand(service, surroundings);
    return EXIT.success;
  } catch (error) {
    const { name } = service;
    if (error instanceof UsageError) {
      surroundings.say(`${name}: ${error.message}. Try ${name} --help`);
      return EXIT.usage;
    }
    if (error instanceof ConfigError) {
      surroundings.say(`${name}: ${error.message}`);
      return EXIT.usage;
    }
    if (error instanceof DatabaseError || error instanceof ListenError) {
      surroundings.say(`${name}: ${error.message}`);
      return EXIT.failure;
    }
    surroundings.say(`${name}: ${Bun.inspect(error)}`);
    return EXIT.failure;
  }
}

async function runCommand<Config extends ServiceConfig>(
  service: Service<Config>,
  surroundings: Surroundings,
): Promise<void> {
  const { command, options } = parse(service, surroundings.args);
  const configure = () => readConfig(service.config, surroundings.environment) as Config;

  switch (command) {
    case "help":
      return surroundings.print(help(service));
    case "version":
      return surroundings.print(`${service.name} ${VERSION}\n`);
    case "openapi":
      return surroundings.print(await openapi(service));
    case "healthcheck":
      return healthcheck(configure());
    case "migrate":
      return migrate(service, configure(), surroundings);
    case "seed":
      return seed(service, configure(), { options, output: surroundings });
    case "serve":
      return serve(service, configure(), {
        reusePort: options["reuse-port"] !== undefined,
        surroundings,
      });
  }
}

const COMMANDS = ["serve", "migrate", "seed", "openapi", "healthcheck"] as const;
type Command = (typeof COMMANDS)[number] | "help" | "version";

interface Parsed {
  command: Command;
  /** Numbers of `seed`; a switch that is set is 1. */
  options: Record<string, number>;
}

function parse(service: Service<any>, args: readonly string[]): Parsed {
  const numbers = Object.keys(service.seedOptions);
  const { values, positionals } = parseStrictly(args, numbers);
  if (values["help"]) return { command: "help", options: {} };
  if (values["version"]) return { command: "version", options: {} };

  const [word = "serve", ...rest] = positionals;
  const command = COMMANDS.find((known) => known === word);
  if (!command) throw new UsageError(`unknown command "${word}"`);
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is one word too many`);

  const options: Record<string, number> = {};
  for (const [name, value] of Object.entries(values)) {
    const owner = name === "reuse-port" ? "serve" : "seed";
    if (command !== owner) throw new UsageError(`${command} has no --${name}`);
    if (value !== true && !/^\d{1,10}$/.test(String(value))) {
      throw new UsageError(`--${name}: expected a whole number`);
    }
    options[name] = Number(value);
  }
  return { command, options };
}

function parseStrictly(args: readonly string[], numbers: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "v" },
        "reuse-port": { type: "boolean" },
        ...Object.fromEntries(numbers.map((name) => [name, { type: "string" as const }])),
      },
    });
  } catch (error) {
    const [message = ""] = (error as Error).message.split(".", 1);
    throw new UsageError(message.charAt(0).toLowerCase() + message.slice(1));
  }
}

function help({ name, summary, config, seedOptions }: Service<any>): string {
  const flags = Object.entries(seedOptions);
  return `${name} ${VERSION}: ${summary}

Usage: ${name} [command]

  serve        answer requests (the default); --reuse-port lets a second one start beside it
  migrate      bring the database up to date and end
  seed         load demo data into an empty database${flags.map(([flag, meaning]) => `\n                 --${flag} N  ${meaning}`).join("")}
  openapi      print the OpenAPI document
  healthcheck  ask the running service whether it is ready: exit code 0 or 1

  --help, -h     this text
  --version, -v  the version

Environment [default]:

${describeConfig(config)}

Exit codes: 0 success, 1 failure, 2 wrong usage or configuration
`;
}

async function openapi<Config extends ServiceConfig>(service: Service<Config>): Promise<string> {
  const database = await openDatabase("sqlite://:memory:");
  const app = service.createApp({
    config: readConfig(service.config, {}) as Config,
    database,
    log: createLog({ service: service.name, level: "error" }),
    draining: () => false,
  });
  const answer = await app.handle(new Request("http://localhost/swagger/json"));
  await database.close();
  return `${JSON.stringify(await answer.json(), null, 2)}\n`;
}

async function healthcheck({ HOST, PORT }: ServiceConfig): Promise<void> {
  const host = HOST === "0.0.0.0" ? "127.0.0.1" : HOST === "::" ? "[::1]" : HOST;
  const url = `http://${host}:${PORT}/health/ready`;
  const signal = AbortSignal.timeout(HEALTHCHECK_TIMEOUT_MS);
  const answer = await fetch(url, { signal }).catch((cause: Error) => {
    throw new DatabaseError(`No answer from ${url}: ${cause.message}`, { cause });
  });
  if (!answer.ok) throw new DatabaseError(`Not ready: ${await answer.text()}`);
}

async function migrate(
  { migrations }: Service<any>,
  { DATABASE_URL }: ServiceConfig,
  { say }: Output,
): Promise<void> {
  const database = await openDatabase(DATABASE_URL);
  try {
    const applied = await database.migrate(migrations);
    for (const { version, name } of applied) say(`applied migration ${version} ${name}`);
    if (applied.length === 0) say("nothing to migrate");
  } finally {
    await database.close();
  }
}

async function seed(
  service: Service<any>,
  { DATABASE_URL }: ServiceConfig,
  { options, output }: { options: Record<string, number>; output: Output },
): Promise<void> {
  const database = await openDatabase(DATABASE_URL);
  try {
    await database.migrate(service.migrations);
    output.say(await service.seed(database, options, output));
  } finally {
    await database.close();
  }
}

/** Serves until it is asked to end, and longer until what was asked is answered. */
async function serve<Config extends ServiceConfig>(
  service: Service<Config>,
  config: Config,
  { reusePort, surroundings }: { reusePort: boolean; surroundings: Surroundings },
): Promise<void> {
  const { name } = service;
  const log = createLog({ service: name, level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  const database = await openDatabase(config.DATABASE_URL);
  const asked = Promise.withResolvers<void>();
  let draining = false;
  try {
    for (const { version, name } of await database.migrate(service.migrations)) {
      log.info("applied migration", { version, name });
    }
    const app = service.createApp({ config, database, log, draining: () => draining });
    const { HOST: host, PORT: port } = config;
    const server = listen({ fetch: app.fetch, host, port, reusePort });

    const creations = createCreations({ database, now: Date.now });
    const sweeper = setInterval(() => {
      creations.sweep().catch((error) => log.warn("idempotency keys not swept", { error }));
    }, SWEEP_INTERVAL_MS);

    surroundings.onStop(() => {
      if (draining) surroundings.exit(EXIT.failure);
      draining = true;
      asked.resolve();
    });
    const shown = host === "127.0.0.1" || host === "0.0.0.0" ? "localhost" : host;
    const url = `http://${shown}:${server.port}`;
    log.info("listening", { url, docs: `${url}/swagger`, version: VERSION });

    await asked.promise;
    log.info("draining", { in_flight: server.pendingRequests });
    await stop({
      server,
      log,
      graceMs: config.SHUTDOWN_GRACE_MS,
      timeoutMs: config.SHUTDOWN_TIMEOUT_MS,
    });
    clearInterval(sweeper);
  } finally {
    await database.close();
  }
  log.info("stopped");
}
