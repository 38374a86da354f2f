/** What the errors of SQLite mean (https://www.sqlite.org/rescode.html). */
import { SQLiteError } from "bun:sqlite";

import { DatabaseUnavailable, UniqueViolation } from "./database.ts";

// The low byte of a code is the primary one.
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
const CONSTRAINT_PRIMARYKEY = 1555;
const CONSTRAINT_UNIQUE = 2067;

/** Later writes will fail like this one, until there is room, say. */
const WRITES_FAIL = [READONLY, IOERR, FULL, CANTOPEN];
/** And these will until a person mends it. */
const BROKEN = [CORRUPT, NOTADB];

/** Another process has the lock. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === BUSY;
}

/** What a failed write says of the next ones; a lock and what a statement breaks say nothing. */
export function outlook(error: unknown): "passing" | "lasting" | undefined {
  const code = primaryCode(error);
  if (WRITES_FAIL.includes(code)) return "passing";
  return BROKEN.includes(code) ? "lasting" : undefined;
}

/** The error as those know it who know no SQLite; the same one if it is a mistake in the program. */
export function translated(error: unknown): unknown {
  if (!(error instanceof SQLiteError)) return error;
  const { errno, message } = error;
  if (errno === CONSTRAINT_UNIQUE || errno === CONSTRAINT_PRIMARYKEY) {
    return new UniqueViolation(message, { cause: error });
  }
  const passing = [BUSY, LOCKED, ...WRITES_FAIL, ...BROKEN];
  return passing.includes(primaryCode(error)) ? new DatabaseUnavailable(error) : error;
}

function primaryCode(error: unknown): number {
  return error instanceof SQLiteError ? error.errno & 0xff : 0;
}
