/** Classifies the errors of SQLite (https://www.sqlite.org/rescode.html). */
import { SQLiteError } from "bun:sqlite";

import { DatabaseUnavailable, UniqueViolation } from "./database.ts";

// The low byte of a result code is the primary code.
const ERROR = 1;
const PERM = 3;
const BUSY = 5;
const LOCKED = 6;
const NOMEM = 7;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const SCHEMA = 17;
const NOTADB = 26;
const CONSTRAINT_PRIMARYKEY = 1555;
const CONSTRAINT_UNIQUE = 2067;

/**
 * Later operations will fail too, until, for example, there is room. An ERROR is a table or a column
 * that is missing: no statement of ours means that.
 */
const WRITES_FAIL = [ERROR, PERM, NOMEM, READONLY, IOERR, FULL, CANTOPEN, SCHEMA];
/** Later writes will fail until an operator repairs the file. */
const BROKEN = [CORRUPT, NOTADB];

/** Another process has the lock. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === BUSY;
}

/**
 * Returns what a failed write says about later ones; undefined for locks and constraint violations.
 */
export function outlook(error: unknown): "passing" | "lasting" | undefined {
  const code = primaryCode(error);
  if (WRITES_FAIL.includes(code)) return "passing";
  return BROKEN.includes(code) ? "lasting" : undefined;
}

/** Translates an error into the port's errors. Returns an error of the program itself unchanged. */
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
