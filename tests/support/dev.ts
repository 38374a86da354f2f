/** `bun run dev` on a fresh clone, for its tests. */
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import packageJson from "../../package.json";
import { listeningUrl } from "../../platform/process/listening.ts";
import { NAME_WIDTH, type ServiceName, SERVICES } from "../../services.ts";
import { command } from "./executables.ts";
import { ROOT, temporaryFolder } from "./folders.ts";

const NAMES = SERVICES.map(({ name }) => name);

/** A folder with what `bun run dev` needs; the packages are not installed. */
export function freshClone() {
  const folder = temporaryFolder();
  for (const name of [
    "package.json",
    "bun.lock",
    "dev",
    "prepare.js",
    "services.ts",
    "shared",
    "platform",
    ...NAMES,
  ]) {
    cpSync(join(ROOT, name), join(folder.path, name), { recursive: true });
  }
  return folder;
}

/** Runs the script itself until it exits. */
export function devWith(folder: string, ...words: readonly string[]) {
  return command([process.execPath, join(folder, "dev", "main.ts"), ...words]);
}

/** The log lines of a service. */
export function logOf(name: ServiceName, log: string): string[] {
  const start = `${name.padEnd(NAME_WIDTH)} | `;
  return log
    .split("\n")
    .flatMap((line) => (line.startsWith(start) ? line.slice(start.length) : []));
}

const OF_SCRIPT = new RegExp(`^\\$ |^error: script "dev"|^${packageJson.name}: `);

/** All lines but those of `bun run`. */
export function linesOf(log: string): string[] {
  return log
    .trimEnd()
    .split("\n")
    .filter((line) => !OF_SCRIPT.test(line));
}

/** The lines that dev itself prints. */
export function linesOfDev(log: string): string[] {
  return log.split("\n").filter((line) => line.startsWith("dev: "));
}

/** Starts dev on free ports, in its own process group. */
export async function startDev(
  folder: string,
  given: Partial<Ports> = {},
  environment: Record<string, string> = {},
  words: readonly string[] = [],
) {
  const ports = {} as Ports;
  for (const name of NAMES) ports[name] = given[name] ?? (await freePort());
  const variables = Object.entries(ports).map(([name, port]) => [
    `${name.toUpperCase()}_PORT`,
    port,
  ]);
  const child = Bun.spawn([process.execPath, "run", "dev", ...words], {
    cwd: folder,
    env: { ...process.env, ...Object.fromEntries(variables), ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
  let log = "";
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) log += decoder.decode(chunk, { stream: true });
  };
  const ends = Promise.all([read(child.stdout), read(child.stderr)]);
  const until = async (met: () => boolean, what: string) => {
    while (!met()) {
      if (child.exitCode !== null) throw new Error(`dev ended before it said ${what}:\n${log}`);
      await Bun.sleep(5);
    }
  };
  return {
    ports,
    process: child,
    log: () => log,
    said: (text: string) => until(() => log.includes(text), text),
    listened: (name: ServiceName, times: number) =>
      until(
        () => logOf(name, log).filter((line) => listeningUrl(line)).length >= times,
        `that ${name} listens`,
      ),
    /** Resolves when all processes that dev started have exited and closed the streams. */
    ended: () => ends,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
      await ends;
    },
  };
}

export type Ports = Record<ServiceName, string>;

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

export function isFree(port: string, address = "127.0.0.1"): Promise<boolean> {
  return fetch(`http://${address}:${port}/health/live`).then(
    () => false,
    () => true,
  );
}

/** The processes that a process has started. */
export function childrenOf(pid: number): string[] {
  const found = readdirSync(`/proc/${pid}/task`).flatMap(
    (thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").match(/\d+/g) ?? [],
  );
  return found;
}
