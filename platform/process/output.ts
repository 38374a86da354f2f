/**
 * Standard error and standard output. A closed pipe is not an error: the output is dropped.
 * (`process.stderr` would end the process then, and takes 3 ms to create.)
 */
import { OperatorError } from "./operator-error.ts";

export interface Output {
  /** For people: prints a line to standard error. */
  say(line: string): void;
  /**
   * For people: shows progress, and may be called often. On a terminal a line replaces the previous
   * one, and an empty one clears it; elsewhere it prints a line every few seconds.
   */
  progress(line: string): void;
  /** The result of a command: prints text to standard output. */
  print(text: string): void | Promise<void>;
}

/** The minimum time between progress lines where they do not replace each other. */
const PROGRESS_INTERVAL_MS = 3_000;
let progressAt = 0;

export const standardOutput: Output = {
  say(line) {
    writeError(`${line}\n`);
  },
  progress(line) {
    if (isTerminal()) return writeError(`${line}\x1b[K\r`);
    const now = performance.now();
    if (line === "" || now - progressAt < PROGRESS_INTERVAL_MS) return;
    progressAt = now;
    writeError(`${line}\n`);
  },
  async print(text) {
    try {
      await Bun.write(Bun.stdout, text);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === "EPIPE") return;
      const [why = ""] = message.replace(`${code}: `, "").split(",", 1);
      throw new OperatorError(`Cannot write to standard output: ${why}`, { cause });
    }
  },
};

/**
 * Returns whether to color standard error, by https://no-color.org and https://force-color.org;
 * without these variables, if it is a terminal.
 */
export function hasColours(environment: Record<string, string | undefined>): boolean {
  if (environment["NO_COLOR"]) return false;
  const forced = environment["FORCE_COLOR"];
  return forced ? forced !== "0" : isTerminal();
}

function isTerminal(): boolean {
  // Loaded here because it takes as long as the rest of a start.
  const { isatty } = require("node:tty") as typeof import("node:tty");
  return isatty(2);
}

/**
 * Writes whole lines to standard error. If that fails, because the disk is full or the reader has
 * gone, the lines are lost: there is no other place to report it.
 */
export function writeError(lines: string): void {
  try {
    // Missing from the types: returns a promise if more is waiting than fits into a buffer.
    const written: unknown = standardError.write(lines);
    const flushed = standardError.flush();
    for (const later of [written, flushed]) if (later instanceof Promise) later.catch(() => {});
  } catch {
    // See above.
  }
}

/** Writing to it does not wait for the reader. */
export const standardError = Bun.stderr.writer();
