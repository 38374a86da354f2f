/**
 * Both services from source, restarted when a file changes: `bun run dev`. On a fresh clone it installs
 * the packages first, so it imports none; empty databases get the demo data.
 *
 * USERS_PORT and ORDERS_PORT choose other ports than 8080 and 8081.
 */
import { watch } from "node:fs";
import { join } from "node:path";

import { listeningUrl } from "./shared/process/listening.ts";

const ROOT = import.meta.dir;

const usersPort = process.env["USERS_PORT"] || "8080";
const SERVICES = [
  { name: "users", environment: { PORT: usersPort } },
  {
    name: "orders",
    environment: {
      PORT: process.env["ORDERS_PORT"] || "8081",
      USERS_URL: `http://localhost:${usersPort}`,
    },
  },
] as const;
type Service = (typeof SERVICES)[number];

/** An editor saves in several steps; a change is over when nothing follows it for so long. */
const QUIET_MS = 50;

const running = new Set<Bun.Subprocess>();
const stopped = Promise.withResolvers<void>();
let stopping = false;
const announced: string[] = [];
// The services are no part of the terminal's process group: each gets exactly one signal, from here.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);

process.exit(await main());

async function main(): Promise<number> {
  const installed = Bun.spawnSync([process.execPath, "install", "--frozen-lockfile", "--silent"], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (installed.exitCode !== 0) return 1;

  const seeded = await Promise.all(SERVICES.map((service) => start(service, ["seed"]).ended));
  const failed = seeded.find((code) => code !== 0);
  if (stopping) return 0;
  if (failed !== undefined) return failed;
  return Math.max(...(await Promise.all(SERVICES.map(supervise))));
}

/** Runs a service until dev is stopped, again after each change; answers the exit code of dev. */
async function supervise(service: Service): Promise<number> {
  const { name } = service;
  const changes = watchSources(["shared", name]);
  let listened = false;
  while (!stopping) {
    const change = changes.next();
    const { child, ended } = start(service, [], (line) => {
      const url = listeningUrl(line);
      if (url && !listened) announce(name, url);
      listened ||= url !== undefined;
    });
    await Promise.race([ended, change, stopped.promise]);
    if (!stopping && child.exitCode !== null) {
      if (!listened) {
        console.error(`dev: ${name} did not start. USERS_PORT and ORDERS_PORT choose other ports`);
        stop();
        return child.exitCode || 1;
      }
      console.error(`dev: ${name} ended, and starts again after the next change`);
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

/**
 * Runs a service. Its lines are shown behind its name, and handed to `onLine`; `ended` is its exit code
 * once the last one is.
 */
function start(
  { name, environment }: Service,
  args: readonly string[],
  onLine: (line: string) => void = () => {},
): { child: Bun.Subprocess; ended: Promise<number> } {
  const { DATABASE_URL: _, ...inherited } = process.env;
  const child = Bun.spawn([process.execPath, join(ROOT, name, "main.ts"), ...args], {
    cwd: ROOT,
    env: { LOG_LEVEL: "debug", LOG_FORMAT: "pretty", ...inherited, ...environment },
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
      console.log(`${name.padEnd(6)} | ${line}`);
      onLine(line);
    }
  }
  if (rest) console.log(`${name.padEnd(6)} | ${rest}`);
}

/** Tells where everything is, once everything is there. */
function announce(name: string, url: string) {
  announced.push(`  ${name.padEnd(6)}  ${url}   Swagger UI: ${url}/swagger`);
  if (announced.length < SERVICES.length) return;
  console.log(`\n${announced.toSorted().toReversed().join("\n")}\n  Ctrl-C stops both\n`);
}

/** At Ctrl-C the terminal and `bun run` both send a signal: the second one says nothing new. */
function stop() {
  if (stopping) return;
  stopping = true;
  stopped.resolve();
  for (const child of running) child.kill("SIGTERM");
}
