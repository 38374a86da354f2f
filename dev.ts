/**
 * All services from source, restarted when a file changes: `bun run dev --help`. On a fresh clone it
 * installs the packages first, so it imports none; empty databases get the demo data.
 */
import { watch } from "node:fs";
import { join } from "node:path";

import { listed, NAME_WIDTH, OWN_SCOPES, SERVICES, urlVariableOf } from "./services.ts";
import { listeningUrl } from "./shared/process/listening.ts";

const ROOT = import.meta.dir;

/** What of a service's environment is its own: the same for all of them would be a mistake. */
const OWN = ["PORT", "DATABASE_URL"] as const;

/** The variable that is handed to one service alone, as `variable`: `USERS_PORT`. */
function ownName(service: string, variable: (typeof OWN)[number]): string {
  return `${service.toUpperCase()}_${variable}`;
}

const services = SERVICES.map(({ name, port, asks }) => ({
  name,
  asks,
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

/** An editor saves in several steps; a change is over when nothing follows it for so long. */
const QUIET_MS = 50;

/** What services with identity are told. The secret lives as long as this process. */
const IDENTITY = {
  AUTH: "on",
  AUTH_SECRET: crypto.getRandomValues(new Uint8Array(32)).toBase64(),
  AUTH_ISSUER: "dev",
  AUTH_AUDIENCE: "dev",
  HOST: "127.0.0.1",
};
/** Whom there are tokens for. */
const CALLERS = [
  { who: "Alice", sub: "1", scope: OWN_SCOPES.join(" ") },
  { who: "an admin", sub: "admin", scope: "admin" },
];
let identity: Partial<typeof IDENTITY> = {};

const running = new Set<Bun.Subprocess>();
const stopped = Promise.withResolvers<void>();
let stopping = false;
const urls = new Map<string, string>();
// The services are no part of the terminal's process group: each gets exactly one signal, from here.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);

process.exit(await main(process.argv.slice(2)));

async function main([word]: string[]): Promise<number> {
  if (word === "--help" || word === "-h" || word === "help") {
    console.log(HELP);
    return 0;
  }
  if (word === "--auth") identity = IDENTITY;
  else if (word !== undefined)
    return failure(2, `unknown argument "${word}". See bun run dev --help`);
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

  const installed = Bun.spawnSync([process.execPath, "install", "--frozen-lockfile", "--silent"], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (installed.exitCode !== 0) return 1;

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
    // What else is wrong with it, the service itself will say.
    return (error as { code?: string }).code === "EADDRINUSE";
  }
}

/** Runs a service until dev is stopped, again after each change; returns the exit code of dev. */
async function supervise(service: Service): Promise<number> {
  const { name } = service;
  const changes = watchSources(["shared", name]);
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
    // A second signal would cut it off.
    if (!stopping) child.kill("SIGTERM");
    await ended;
  }
  return 0;
}

/** The changes of sources, tests left out, one after the other. */
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
    /** Resolves at the first change from now on. */
    next(): Promise<void> {
      change = Promise.withResolvers<void>();
      return change.promise;
    },
  };
}

/** What a service is told: where those are that it asks, then what is said here, then what is its own. */
function environmentOf({ asks, port, databaseUrl }: Service) {
  const asked = services.filter(({ name }) => asks.includes(name));
  return {
    LOG_LEVEL: "debug",
    LOG_FORMAT: "pretty",
    // Its terminal is this one, through a pipe.
    ...(process.stdout.isTTY && { FORCE_COLOR: "1" }),
    ...Object.fromEntries(
      asked.map(({ name, port }) => [urlVariableOf(name), `http://localhost:${port}`]),
    ),
    ...process.env,
    ...identity,
    PORT: port,
    DATABASE_URL: databaseUrl,
  };
}

/**
 * Runs a service. Its lines are shown behind its name, and handed to `onLine`; `ended` is its exit code
 * once the last one is.
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

/** Tells where everything is, once everything is there. */
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

/** A token for each of the callers, made by a service as an operator would. */
function tokens(): string {
  const lines = CALLERS.map(({ who, sub, scope }) => {
    const words = ["token", "--sub", sub, "--scope", scope, "--expires", "1d"];
    const command = [process.execPath, join(ROOT, "users", "main.ts"), ...words];
    const { stdout } = Bun.spawnSync(command, { cwd: ROOT, env: { ...process.env, ...identity } });
    return `  A token for ${who}, for Authorize in Swagger UI and for Authorization: Bearer\n\n${stdout}\n`;
  });
  return `\n${lines.join("")}`;
}

/** At Ctrl-C the terminal and `bun run` both send a signal: the second one says nothing new. */
function stop() {
  if (stopping) return;
  stopping = true;
  stopped.resolve();
  for (const child of running) child.kill("SIGTERM");
}
