/** What the errors of Bun's client and of the server mean to the services. */
import { SQL } from "bun";

import { DatabaseError, DatabaseUnavailable, UniqueViolation } from "./database.ts";

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNIQUE_VIOLATION = "23505";
const SERIALIZATION_FAILURE = "40001";
const DEADLOCK_DETECTED = "40P01";

const NOT_NULL_VIOLATION = "23502";
export const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * Classes of errors that say that the same operation will fail again, until an operator acts: a
 * feature that the table lacks, a missing schema, rights, a missing table or column, resources
 * (disk, memory), an object that is not ready, system error, damage. No statement of ours means to
 * cause one, and no value that a client sends can.
 */
const LASTING = ["0A", "3F", "42", "53", "55", "58", "XX"];

/**
 * Classes of errors that pass by themselves, or that the next connection does not have: connection,
 * read-only standby, authorization, missing database, conflict, shutdown and timeout.
 */
const PASSING = ["08", "25", "28", "3D", "40", "57"];
/** Of the classes above, a lock that is not available and too many connections. */
const PASSING_ALSO = ["55P03", "53300"];

/** Bun's own error codes, for failures without a response of the server. */
const NO_RESPONSE = /CONNECTION|TIMEOUT|TLS|CANCELLED/;

/** Whether the unit may succeed when it is attempted again. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof SQL.PostgresError)) return false;
  return error.errno === SERIALIZATION_FAILURE || error.errno === DEADLOCK_DETECTED;
}

/** Returns the error that the port promises. */
export function translated(error: unknown): unknown {
  // Timed out waiting for a connection of the pool.
  if (error instanceof DOMException) return new DatabaseUnavailable(error);
  if (!(error instanceof SQL.PostgresError)) return error;
  const { code, errno } = error;
  if (errno === UNIQUE_VIOLATION) return new UniqueViolation(error.message, { cause: error });
  const unavailable = errno
    ? errno === NOT_NULL_VIOLATION || isOneOf(errno, [...LASTING, ...PASSING])
    : NO_RESPONSE.test(code);
  return unavailable ? new DatabaseUnavailable(error) : error;
}

/** Whether the failure says that the same operation will fail again. */
export function isLasting(error: unknown): boolean {
  const errno = (error instanceof SQL.PostgresError && error.errno) || "";
  if (PASSING_ALSO.includes(errno)) return false;
  // A column that the program does not know needs a value.
  return errno === NOT_NULL_VIOLATION || isOneOf(errno, LASTING);
}

function isOneOf(errno: string, classes: readonly string[]): boolean {
  return classes.includes(errno.slice(0, 2));
}

/** Returns the error for the operator. */
export function unusable(place: string, cause: unknown): unknown {
  if (cause instanceof DatabaseError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isForbidden = cause instanceof SQL.PostgresError && cause.errno === INSUFFICIENT_PRIVILEGE;
  const remedy = isForbidden
    ? "Grant this role what docs/postgres.md lists"
    : "Start it, or correct DATABASE_URL";
  return new DatabaseError(`Cannot use ${place}: ${reason}. ${remedy}`, { cause });
}
