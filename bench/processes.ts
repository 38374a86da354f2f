/** The processes that a benchmark starts: pinned to a core, and always stopped. */

import { listeningUrl } from "../platform/process/listening.ts";

/** The measured servers use the first core, the load generator the second one. */
export const CORE = { server: 0, load: 1 } as const;

/** Time limit for a process to listen, and to exit after SIGTERM. */
const PATIENCE_MS = 20_000;

export interface Started {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

const running = new Set<Bun.Subprocess>();

/** The command, pinned to a core. */
export function pinned(core: number, command: readonly string[]): string[] {
  return ["taskset", "--cpu-list", String(core), ...command];
}

/**
 * Starts a server and waits for the log line on standard error that says where it listens. Its
 * environment contains only `PORT` and the given variables.
 *
 * @throws Error with the output of the process if it exits or takes too long
 */
export async function startServer(
  command: readonly string[],
  { environment = {}, core = CORE.server }: { environment?: Environment; core?: number } = {},
): Promise<Started> {
  const child = Bun.spawn(pinned(core, command), {
    env: { PORT: "0", ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  running.add(child);
  const { pid } = child;
  const stop = () => end(child);
  const timer = setTimeout(() => void stop(), PATIENCE_MS);
  const url = await listeningAt(child.stderr);
  clearTimeout(timer);
  return { url, pid, stop };
}

type Environment = Record<string, string>;

async function listeningAt(output: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  void (async () => {
    let text = "";
    // Reads on and discards the rest, because a full pipe would block the server.
    for await (const chunk of output) {
      text = (text + decoder.decode(chunk, { stream: true })).slice(-10_000);
      const url = listeningUrl(text);
      // The name may resolve to another address first.
      if (url) resolve(url.replace("localhost", "127.0.0.1"));
    }
    reject(new Error(`A server did not start to listen. Its output:\n${text}`));
  })();
  return promise;
}

async function end(child: Bun.Subprocess): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  await child.exited;
  clearTimeout(timer);
  running.delete(child);
}

/** Stops all processes that still run. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map(end));
}

/**
 * Runs a command and returns its standard output.
 *
 * @throws Error if it fails
 */
export async function output(
  command: readonly string[],
  { cwd, environment }: { cwd?: string; environment?: Environment } = {},
): Promise<string> {
  const child = Bun.spawn([...command], {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const [text, errors] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  const code = await child.exited;
  running.delete(child);
  if (code !== 0) throw new Error(`${command.join(" ")} failed with ${code}:\n${errors}${text}`);
  return text;
}

function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream).text();
}
