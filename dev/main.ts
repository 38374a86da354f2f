/**
 * Runs all services from source and restarts them when a file changes: `bun run dev --help`. It
 * loads the demo data into empty databases.
 */
import { watch } from "node:fs";
import { join } from "node:path";

import { NOT_WHOLE } from "../platform/database/seed.ts";
import { listeningUrl } from "../platform/process/listening.ts";
import { OperatorError } from "../platform/process/operator-error.ts";
import { wrapped } from "../platform/process/wrapped.ts";
import { listed, NAME_WIDTH, OWN_SCOPES, SERVICES } from "../services.ts";
import { takePorts } from "./ports.ts";
import { start, stopAll } from "./process.ts";
import { reset } from "./reset.ts";
import {
  type AllSettings,
  connect,
  inOwnNames,
  type Options,
  ownName,
  readSettings,
  ROOT,
  type Settings,
} from "./settings.ts";

const names = SERVICES.map(({ name }) => name);

const WIDTH = NAME_WIDTH + "_DATABASE_URL".length;
const HELP = `${wrapped(
  `Runs ${listed(names)} from source with demo data, and restarts each one when its source changes.`,
  0,
)}

Usage: bun run dev [options]

  --auth     require tokens, and print two to try
  --inspect  open a debugger for each service, and let calls between them take
             four minutes, so that a stopped service does not fail them
  --reset    first delete the databases in the folder data: the demo data is
             loaded again
  --help     print this text

Environment variables [default]:

${SERVICES.flatMap(({ name, port }) => [
  `  ${ownName(name, "PORT").padEnd(WIDTH)}  port, 0 for any free one [${port}]`,
  `  ${ownName(name, "DATABASE_URL").padEnd(WIDTH)}  database [sqlite://data/${name}.db]`,
]).join("\n")}

All other variables are passed on to the services: see bun NAME/main.ts --help.`;

const OPTIONS = ["--auth", "--inspect", "--reset"];

/** An editor saves in several steps. A change is complete when no event follows for this long. */
const QUIET_MS = 50;

/** The port of the first debugger: Bun's own default. The others follow. */
const DEBUGGER_PORT = 6499;

/** The callers to print tokens for. */
const CALLERS = [
  { who: "Alice", sub: "1", scope: OWN_SCOPES.join(" ") },
  { who: "an admin", sub: "admin", scope: "admin" },
];

const stopped = Promise.withResolvers<void>();
let stopping = false;
const urls = new Map<string, string>();
const told = new Set<string>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);

process.exit(await main(process.argv.slice(2)));

async function main(words: readonly string[]): Promise<number> {
  if (words.some((word) => ["--help", "-h", "help"].includes(word))) {
    console.log(HELP);
    return 0;
  }
  const unknown = words.find((word) => !OPTIONS.includes(word));
  if (unknown !== undefined) {
    return failure(2, `unknown argument "${unknown}". See bun run dev --help`);
  }
  const options = { auth: words.includes("--auth"), inspect: words.includes("--inspect") };
  try {
    const settings = await readSettings(process.env, options);
    for (const note of settings.notes) say(note);
    const ports = await takePorts(settings.services);
    if (typeof ports === "string") return failure(1, ports);
    if (words.includes("--reset")) for (const note of reset(settings.services)) say(note);
    connect(settings.services, ports.numbers);
    await ports.release();
    if (stopping) return 0;
    const codes = settings.services.map((service) => supervise(service, { settings, options }));
    return Math.max(...(await Promise.all(codes)));
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return failure(error.exitCode, error.message);
  }
}

function say(line: string): void {
  console.error(`dev: ${line}`);
}

/** Says a line only the first time. */
function sayOnce(line: string): void {
  if (!told.has(line)) say(line);
  told.add(line);
}

function failure(exitCode: number, line: string): number {
  say(line);
  return exitCode;
}

interface Surroundings {
  settings: AllSettings;
  options: Options;
}

/**
 * Runs a service until dev is stopped, and restarts it after each change. Returns the exit code of
 * dev.
 */
async function supervise(service: Settings, surroundings: Surroundings): Promise<number> {
  const { name } = service;
  const changes = watchSources(["shared", "platform", name]);
  const flags = surroundings.options.inspect ? [`--inspect=${debuggerOf(name)}`] : [];
  const onLine = (line: string) => {
    const url = listeningUrl(line);
    if (url) announce(name, url, surroundings);
    if (line.includes(NOT_WHOLE)) sayOnce("bun run dev --reset loads the demo data again");
  };
  while (!stopping) {
    const change = changes.next();
    const { child, ended } = start(service, { flags, onLine });
    await Promise.race([ended, change, stopped.promise]);
    if (!stopping && child.exitCode !== null) {
      const fault = inOwnNames(name, (await ended) ?? "");
      // Another service may have failed meanwhile, for the same reason.
      if (stopping) break;
      if (!urls.has(name)) {
        stop();
        return failure(child.exitCode || 1, fault || `${name} did not start`);
      }
      if (fault) say(fault);
      say(`${name} ended and will be started again after the next change`);
      await Promise.race([change, stopped.promise]);
    }
    // A second SIGTERM would cut off the requests in flight.
    if (!stopping) child.kill("SIGTERM");
    await ended;
  }
  return 0;
}

/** Watches the sources, without tests. */
function watchSources(folders: readonly string[]) {
  let change = Promise.withResolvers<void>();
  let quiet: Timer | undefined;
  for (const folder of folders) {
    watch(join(ROOT, folder), { recursive: true }, (_event, file) => {
      if (!/(?<!\.test)\.(?:ts|sql|json)$/.test(String(file))) return;
      clearTimeout(quiet);
      quiet = setTimeout(() => change.resolve(), QUIET_MS);
    });
  }
  return {
    /** Resolves at the next change. */
    next(): Promise<void> {
      change = Promise.withResolvers<void>();
      return change.promise;
    },
  };
}

function debuggerOf(name: string): string {
  return `localhost:${DEBUGGER_PORT + names.findIndex((one) => one === name)}/${name}`;
}

/** Prints the URLs once all services listen. */
function announce(name: string, url: string, { settings, options }: Surroundings) {
  const isComplete = urls.size === SERVICES.length;
  urls.set(name, url);
  if (isComplete || urls.size < SERVICES.length) return;
  const lines = names.flatMap((name) => {
    const url = urls.get(name);
    const head = `  ${name.padEnd(NAME_WIDTH)}  ${url}   Swagger UI: ${url}/swagger`;
    if (!options.inspect) return [head];
    return [
      head,
      `${" ".repeat(NAME_WIDTH + 4)}debugger: https://debug.bun.sh/#${debuggerOf(name)}`,
    ];
  });
  if (settings.set.length > 0) lines.push(`  Set: ${settings.set.join(" ")}`);
  console.log(`\n${lines.join("\n")}\n${tokens(settings)}  Press Ctrl-C to stop\n`);
}

/**
 * Returns a token for each caller, created with the command `token` as an operator would. Empty if
 * none is needed, or if only an issuer can make them.
 */
function tokens({ services }: AllSettings): string {
  const service = services.find(({ config }) => config.AUTH === "on" && config.AUTH_SECRET);
  if (!service) return "";
  const lines = CALLERS.map(({ who, sub, scope }) => {
    const words = ["token", "--sub", sub, "--scope", scope, "--expires", "1d"];
    const command = [process.execPath, join(ROOT, service.name, "main.ts"), ...words];
    const { stdout } = Bun.spawnSync(command, { cwd: ROOT, env: service.environment });
    return `  A token for ${who}, for Authorize in Swagger UI and for Authorization: Bearer\n\n${stdout}\n`;
  });
  return `\n${lines.join("")}`;
}

/** At Ctrl-C the terminal and `bun run` both send a signal: the second one is ignored. */
function stop() {
  if (stopping) return;
  stopping = true;
  stopped.resolve();
  stopAll();
}
