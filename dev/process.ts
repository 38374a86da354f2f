/** A service as a process of `bun run dev`. */
import { join } from "node:path";

import { NAME_WIDTH } from "../services.ts";
import { ROOT, type Settings } from "./settings.ts";

export interface StartOptions {
  /** Options of Bun, for example `--inspect`. Default: none */
  flags?: readonly string[];
  /** Called with each line that is shown, as the service wrote it. */
  onLine: (line: string) => void;
}

export interface Started {
  child: Bun.Subprocess;
  /** Resolves after the last line, with the one line that says why it failed, if there is one. */
  ended: Promise<string | undefined>;
}

const running = new Set<Bun.Subprocess>();

/** Sends SIGTERM to all. */
export function stopAll(): void {
  for (const child of running) child.kill("SIGTERM");
}

/**
 * Starts a service, which first loads the demo data: into the database that it then serves. Prints
 * its lines behind its name.
 */
export function start(
  { name, environment }: Settings,
  { flags = [], onLine }: StartOptions,
): Started {
  const program = [join(ROOT, name, "main.ts"), "serve", "--seed"];
  // Its parent may be killed: then it ends as well. The parent has read `.env`.
  const words = [process.execPath, "--no-orphans", "--no-env-file", ...flags, ...program];
  const child = Bun.spawn(words, {
    cwd: ROOT,
    // The service writes to this terminal through a pipe, so it cannot detect it.
    env: { ...(process.stdout.isTTY && { FORCE_COLOR: "1" }), ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    // Not in the process group of the terminal: it gets exactly one signal, from here.
    detached: true,
  });
  running.add(child);
  void child.exited.then(() => running.delete(child));
  const shown = [child.stdout, child.stderr].map((stream) => show(stream, { name, onLine }));
  const ended = Promise.all(shown).then(async (faults) => {
    await child.exited;
    return faults.find((fault) => fault !== undefined);
  });
  return { child, ended };
}

/** A line of the log begins with the time. */
const LOGGED = /^\d\d:\d\d:/;

/**
 * Shows the lines of a stream. If the last one is the line of an error that the operator can fix,
 * returns it instead.
 */
async function show(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  { name, onLine }: { name: string; onLine: (line: string) => void },
): Promise<string | undefined> {
  const start = `${name}: `;
  /** The last line, if it may be such an error. */
  let fault: string | undefined;

  const column = name.padEnd(NAME_WIDTH);

  function print(line: string): void {
    // In a line of the log, the name follows the level.
    const short = LOGGED.test(line) ? line.replace(` ${column} `, " ") : line;
    console.log(`${column} | ${short}`);
    onLine(line);
  }

  for await (const line of linesOf(stream)) {
    if (fault !== undefined) print(fault);
    fault = line.startsWith(start) ? line : undefined;
    if (fault === undefined) print(line);
  }
  return fault?.slice(start.length);
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest) yield rest;
}
