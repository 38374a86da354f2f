/** The processes that a bench starts: pinned to a core, awaited, and stopped whatever happens. */

import { listeningUrl } from "../shared/process/listening.ts";

/** What is measured has the first core to itself, the load the second one. */
export const CORE = { server: 0, load: 1 } as const;

/** How long a process may take until it listens, and to end when it is told to. */
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
 * Starts a server and waits until it tells on standard error where it listens, as the log of the
 * services does. The environment is bare but for what is given.
 *
 * @throws Error with what the process said if it ends or takes too long
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
    // What follows is read too, and forgotten: a full pipe would stop the server.
    for await (const chunk of output) {
      text = (text + decoder.decode(chunk, { stream: true })).slice(-10_000);
      const url = listeningUrl(text);
      // Names may lead to another address first.
      if (url) resolve(url.replace("localhost", "127.0.0.1"));
    }
    reject(new Error(`A server did not start to listen; it said:\n${text}`));
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

/** Ends whatever still runs of it. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map(end));
}

/**
 * Runs a command to its end and returns its standard output.
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
