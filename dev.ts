/**
 * Runs all services from source and restarts them when a file changes: `bun run dev --help`. It
 * loads the demo data into empty databases.
 */
import { watch } from "node:fs";
import { join } from "node:path";

import { listeningUrl } from "./platform/process/listening.ts";
import { listed, NAME_WIDTH, OWN_SCOPES, SERVICES, urlVariableOf } from "./services.ts";

const ROOT = import.meta.dir;

/** Variables that each service needs for itself: one value for all would be a mistake. */
const OWN = ["PORT", "DATABASE_URL"] as const;

/** The name of a variable for one service, for example `USERS_PORT`. */
function ownName(service: string, variable: (typeof OWN)[number]): string {
  return `${service.toUpperCase()}_${variable}`;
}

const services = SERVICES.map(({ name, port, calls }) => ({
  name,
  calls,
  port: process.env[ownName(name, "PORT")] || String(port),
  databaseUrl: process.env[ownName(name, "DATABASE_URL")] ?? "",
}));
type Service = (typeof services)[number];

const names = services.map(({ name }) => name);

const WIDTH = NAME_WIDTH + "_DATABASE_URL".length;
const HELP = `Runs ${listed(names)} from source with demo data, and restarts each one when its source changes.

Usage: bun run dev [--auth]

  --auth  require tokens, and print two to try

Environment variables [default]:

${SERVICES.flatMap(({ name, port }) => [
  `  ${ownName(name, "PORT").padEnd(WIDTH)}  port of ${name} [${port}]`,
  `  ${ownName(name, "DATABASE_URL").padEnd(WIDTH)}  database of ${name} [sqlite://data/${name}.db]`,
]).join("\n")}

All other variables are passed on to the services: see bun NAME/main.ts --help. To reset the demo
data, delete the folder data.`;

/** An editor saves in several steps. A change is complete when no event follows for this long. */
const QUIET_MS = 50;

/** The environment of the services with `--auth`. The secret lives as long as this process. */
const IDENTITY = {
  AUTH: "on",
  AUTH_SECRET: crypto.getRandomValues(new Uint8Array(32)).toBase64(),
  AUTH_ISSUER: "dev",
  AUTH_AUDIENCE: "dev",
  HOST: "127.0.0.1",
};
/** The callers to print tokens for. */
const CALLERS = [
  { who: "Alice", sub: "1", scope: OWN_SCOPES.join(" ") },
  { who: "an admin", sub: "admin", scope: "admin" },
];
let identity: Partial<typeof IDENTITY> = {};

const running = new Set<Bun.Subprocess>();
const stopped = Promise.withResolvers<void>();
let stopping = false;
const urls = new Map<string, string>();
// The services are not in the terminal's process group: each gets exactly one signal, from here.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);

process.exit(await main(process.argv.slice(2)));

async function main(words: string[]): Promise<number> {
  const [word] = words;
  if (word === "--help" || word === "-h" || word === "help") {
    console.log(HELP);
    return 0;
  }
  const unknown = words.find((one) => one !== "--auth");
  if (unknown !== undefined)
    return failure(2, `unknown argument "${unknown}". See bun run dev --help`);
  if (word !== undefined) identity = IDENTITY;
  for (const variable of OWN.filter((name) => process.env[name])) {
    const own = listed(names.map((name) => ownName(name, variable)));
    say(`${variable} is ignored, because each service needs its own: set ${own}`);
  }
  const taken = services.filter(({ port }) => isTaken(port));
  for (const { name, port } of taken) {
    const another = `set ${ownName(name, "PORT")} to another port`;
    say(`port ${port} of ${name} is in use. Stop the process that listens there, or ${another}`);
  }
  if (taken.length > 0) return 1;

  const seeded = await Promise.all(services.map((service) => start(service, ["seed"]).ended));
  const failed = seeded.find((code) => code !== 0);
  if (stopping) return 0;
  if (failed !== undefined) return failed;
  return Math.max(...(await Promise.all(services.map(supervise))));
}

function say(line: string): void {
  console.error(`dev: ${line}`);
}

function failure(exitCode: number, line: string): number {
  say(line);
  return exitCode;
}

/** Whether another program listens on this port of the loopback address, or of all addresses. */
function isTaken(port: string): boolean {
  try {
    void Bun.serve({ hostname: "127.0.0.1", port, fetch: () => new Response() }).stop(true);
    return false;
  } catch (error) {
    // The service itself reports any other error.
    return (error as { code?: string }).code === "EADDRINUSE";
  }
}

/**
 * Runs a service until dev is stopped, and restarts it after each change. Returns the exit code of
 * dev.
 */
async function supervise(service: Service): Promise<number> {
  const { name } = service;
  const changes = watchSources(["shared", "platform", name]);
  while (!stopping) {
    const change = changes.next();
    const { child, ended } = start(service, [], (line) => {
      const url = listeningUrl(line);
      if (url) announce(name, url);
    });
    await Promise.race([ended, change, stopped.promise]);
    if (!stopping && child.exitCode !== null) {
      if (!urls.has(name)) {
        stop();
        return failure(child.exitCode || 1, `${name} did not start`);
      }
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
      if (!/(?<!\.test)\.(?:ts|sql)$/.test(String(file))) return;
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

/**
 * Returns the environment of a service. Later entries win: URLs of other services, then the
 * environment of this process, then the service's own values.
 */
function environmentOf({ calls, port, databaseUrl }: Service) {
  const callees = services.filter(({ name }) => calls.includes(name));
  return {
    LOG_LEVEL: "debug",
    LOG_FORMAT: "pretty",
    // The service writes to this terminal through a pipe, so it cannot detect it.
    ...(process.stdout.isTTY && { FORCE_COLOR: "1" }),
    ...Object.fromEntries(
      callees.map(({ name, port }) => [urlVariableOf(name), `http://localhost:${port}`]),
    ),
    ...process.env,
    ...identity,
    PORT: port,
    DATABASE_URL: databaseUrl,
  };
}

/**
 * Starts a service. Prints its lines behind its name and passes them to `onLine`. `ended` resolves
 * with the exit code after the last line.
 */
function start(
  service: Service,
  args: readonly string[],
  onLine: (line: string) => void = () => {},
): { child: Bun.Subprocess; ended: Promise<number> } {
  const { name } = service;
  const child = Bun.spawn([process.execPath, join(ROOT, name, "main.ts"), ...args], {
    cwd: ROOT,
    env: environmentOf(service),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
  running.add(child);
  void child.exited.then(() => running.delete(child));
  const shown = [child.stdout, child.stderr].map((stream) => show(name, stream, onLine));
  return { child, ended: Promise.all(shown).then(() => child.exited) };
}

async function show(
  name: string,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
) {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      console.log(`${name.padEnd(NAME_WIDTH)} | ${line}`);
      onLine(line);
    }
  }
  if (rest) console.log(`${name.padEnd(NAME_WIDTH)} | ${rest}`);
}

/** Prints the URLs once all services listen. */
function announce(name: string, url: string) {
  const isComplete = urls.size === services.length;
  urls.set(name, url);
  if (isComplete || urls.size < services.length) return;
  const lines = names.map((name) => {
    const url = urls.get(name);
    return `  ${name.padEnd(NAME_WIDTH)}  ${url}   Swagger UI: ${url}/swagger\n`;
  });
  console.log(`\n${lines.join("")}${identity.AUTH ? tokens() : ""}  Press Ctrl-C to stop\n`);
}

/** Returns a token for each caller, created with the command `token` as an operator would. */
function tokens(): string {
  const lines = CALLERS.map(({ who, sub, scope }) => {
    const words = ["token", "--sub", sub, "--scope", scope, "--expires", "1d"];
    const command = [process.execPath, join(ROOT, "users", "main.ts"), ...words];
    const { stdout } = Bun.spawnSync(command, { cwd: ROOT, env: { ...process.env, ...identity } });
    return `  A token for ${who}, for Authorize in Swagger UI and for Authorization: Bearer\n\n${stdout}\n`;
  });
  return `\n${lines.join("")}`;
}

/** At Ctrl-C the terminal and `bun run` both send a signal: the second one is ignored. */
function stop() {
  if (stopping) return;
  stopping = true;
  stopped.resolve();
  for (const child of running) child.kill("SIGTERM");
}
