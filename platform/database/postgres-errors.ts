/** What the errors of Bun's client and of the server mean to the services. */
import { SQL } from "bun";

import { DatabaseError, DatabaseUnavailable, UniqueViolation, UnmetCondition } from "./database.ts";

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNIQUE_VIOLATION = "23505";
/** Only conditions divide: see `startUnit`. */
const DIVISION_BY_ZERO = "22012";
const SERIALIZATION_FAILURE = "40001";
const DEADLOCK_DETECTED = "40P01";
const READ_ONLY = "25006";
const PROTOCOL_VIOLATION = "08P01";
const UNDEFINED_OBJECT = "42704";
const INVALID_AUTHORIZATION = "28000";
const DUPLICATE_PREPARED_STATEMENT = "42P05";
const INVALID_STATEMENT_NAME = "26000";
const POOLER = [DUPLICATE_PREPARED_STATEMENT, INVALID_STATEMENT_NAME, PROTOCOL_VIOLATION];

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
 * read-only standby, missing prepared statement, authorization, missing database, conflict,
 * shutdown and timeout.
 */
const PASSING = ["08", "25", "26", "28", "3D", "40", "57"];
/** Of the classes above: a lock that is not available, too many connections, a pooler. */
const PASSING_ALSO = ["55P03", "53300", ...POOLER];

/** Bun's own error codes, for failures without a response of the server. */
const NO_RESPONSE = /CONNECTION|TIMEOUT|TLS|CANCELLED/;

/** Whether the unit may succeed when it is attempted again. */
export function isConflict(error: unknown): boolean {
  return [SERIALIZATION_FAILURE, DEADLOCK_DETECTED].includes(errnoOf(error) ?? "");
}

/** Whether a connection is to a server that only reads, for example to a former primary. */
export function isReadOnly(error: unknown): boolean {
  return errnoOf(error) === READ_ONLY;
}

/**
 * Whether the prepared statements, or the settings, of a connection are not what we made them: a
 * pooler is between us and the server. The statement was not executed.
 */
export function isPooler(error: unknown): boolean {
  return POOLER.includes(errnoOf(error) ?? "");
}

/** Whether the server, or a pooler, does not accept our settings when a connection opens. */
export function isUnknownSetting(error: unknown): boolean {
  return [PROTOCOL_VIOLATION, UNDEFINED_OBJECT].includes(errnoOf(error) ?? "");
}

/** Whether `sslmode=prefer` should do without TLS: https://www.postgresql.org/docs/current/libpq-ssl.html */
export function isWithoutTls(error: unknown): boolean {
  if (!(error instanceof SQL.PostgresError)) return /CERT|SSL|TLS/.test(codeOf(error));
  return error.errno === INVALID_AUTHORIZATION || /SSL|TLS/.test(error.code);
}

/** Returns the error that the port promises. */
export function translated(error: unknown): unknown {
  // Timed out waiting for a connection of the pool.
  if (error instanceof DOMException) return new DatabaseUnavailable(error);
  if (!(error instanceof SQL.PostgresError)) return error;
  const { code, errno } = error;
  if (errno === UNIQUE_VIOLATION) return new UniqueViolation(error.message, { cause: error });
  if (errno === DIVISION_BY_ZERO) return new UnmetCondition(error.message, { cause: error });
  const unavailable = errno
    ? errno === NOT_NULL_VIOLATION || isOneOf(errno, [...LASTING, ...PASSING])
    : NO_RESPONSE.test(code);
  return unavailable ? new DatabaseUnavailable(error) : error;
}

/** Whether the failure says that the same operation will fail again. */
export function isLasting(error: unknown): boolean {
  const errno = errnoOf(error) ?? "";
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
  const remedy =
    errnoOf(cause) === INSUFFICIENT_PRIVILEGE
      ? "Grant this role what docs/postgres.md lists"
      : "Start it, or correct DATABASE_URL";
  return new DatabaseError(`Cannot use ${place}: ${reason}. ${remedy}`, { cause });
}

function errnoOf(error: unknown): string | undefined {
  return error instanceof SQL.PostgresError ? error.errno : undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
