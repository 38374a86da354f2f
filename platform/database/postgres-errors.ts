/** What the errors of Bun's client and of the server mean to the services. */
import { SQL } from "bun";

import { DatabaseError, DatabaseUnavailable, UniqueViolation } from "./database.ts";

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNIQUE_VIOLATION = "23505";
const SERIALIZATION_FAILURE = "40001";
const DEADLOCK_DETECTED = "40P01";

/**
 * Classes of errors that pass by themselves or after the operator acts: connection, read-only
 * standby, authorization, missing database, conflict, resources (connections, disk, memory), lock,
 * shutdown and timeout, system error.
 */
const PASSING = ["08", "25", "28", "3D", "40", "53", "55", "57", "58"];

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
  const passing = errno ? PASSING.includes(errno.slice(0, 2)) : NO_RESPONSE.test(code);
  return passing ? new DatabaseUnavailable(error) : error;
}

/** Returns the error for the operator. */
export function unusable(place: string, cause: unknown): unknown {
  if (cause instanceof DatabaseError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DatabaseError(`Cannot use ${place}: ${reason}. Start it, or correct DATABASE_URL`, {
    cause,
  });
}
