/**
 * Standard error and standard output. A reader that has gone away is no reason to fail: what it would
 * have read is dropped. (`process.stderr` would end the process, and takes 3 ms to make.)
 */
import { OperatorError } from "./operator-error.ts";

export interface Output {
  /** For people: a line, on standard error. */
  say(line: string): void;
  /**
   * For people: how far it is, told as often as one likes. On a terminal a line takes the place of the
   * one before, an empty one clears it; elsewhere there is a line every few seconds.
   */
  progress(line: string): void;
  /** What the command is for: text, on standard output. */
  print(text: string): void | Promise<void>;
}

/** Where the lines of progress stay. */
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
 * Returns whether standard error may be coloured: as https://no-color.org and https://force-color.org
 * have it, and where neither variable is set, if it is a terminal.
 */
export function hasColours(environment: Record<string, string | undefined>): boolean {
  if (environment["NO_COLOR"]) return false;
  const forced = environment["FORCE_COLOR"];
  return forced ? forced !== "0" : isTerminal();
}

function isTerminal(): boolean {
  // Loaded here because it takes as long as all the rest of a start.
  const { isatty } = require("node:tty") as typeof import("node:tty");
  return isatty(2);
}

/**
 * Writes whole lines to standard error. Where that fails, because its disk is full or its reader has
 * gone, the lines are lost and nothing else is: there is no other place to tell it.
 */
export function writeError(lines: string): void {
  try {
    // The types know of no promise here, and there is one where more is refused than a buffer holds.
    const written: unknown = standardError.write(lines);
    const flushed = standardError.flush();
    for (const later of [written, flushed]) if (later instanceof Promise) later.catch(() => {});
  } catch {
    // See above.
  }
}

/** What is written here does not wait for the reader. */
export const standardError = Bun.stderr.writer();
