/** One small port, two engines: SQLite in this process, Postgres for more than one machine. */
import type { MaybePromise } from "../process/and-then.ts";
import { OperatorError } from "../process/operator-error.ts";
import type { TraceContext } from "../process/trace/trace-context.ts";

export type Value = string | number | null;
export type Row = Record<string, Value>;

/** `text` has `$1, $2 ...` in order of appearance and is the same for both engines. */
export interface Statement {
  text: string;
  values: readonly Value[];
}

export interface Database {
  readonly engine: "sqlite" | "postgres";
  /** The maximum number of concurrent operations: the size of the pool. */
  readonly connectionsMax: number;
  /**
   * Returns the rows of one read-only statement; SQLite returns them without a promise.
   *
   * A statement with `ORDER BY` or `LIMIT` should cast the parameters that it limits by or compares
   * with `=`, such as `CAST($1 AS TEXT)`. SQLite plans by the value of a bare one, and compiles the
   * statement again each time that it is bound (https://www.sqlite.org/c3ref/prepare.html), which
   * takes longer than the read.
   *
   * @param trace the trace that the operation belongs to, here and below. Default: none
   */
  read<R extends Row>(
    text: string,
    values: readonly Value[],
    trace?: TraceContext,
  ): MaybePromise<R[]>;
  /**
   * Runs statements as one unit, all or none. Returns the rows of each once they are durable.
   *
   * @throws UniqueViolation if a unique index is violated
   * @throws DatabaseUnavailable if the database cannot be used now, like every function here
   */
  write<R extends Row>(unit: readonly Statement[], trace?: TraceContext): Promise<R[][]>;
  /**
   * Applies pending migrations in order and records each. Runs each exactly once, even if several
   * processes try at the same time. Returns those applied.
   */
  migrate(migrations: readonly Migration[]): Promise<Migration[]>;
  /**
   * Resolves if the database can be read and, as far as is known, written; fails quickly otherwise.
   *
   * @throws DatabaseUnavailable
   */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface Migration {
  /** Counts up from 1 without gaps. */
  version: number;
  name: string;
  /** Any number of statements, the same for both engines. */
  sql: string;
}

/** A write violated a unique index. Only the store knows what that means. */
export class UniqueViolation extends Error {
  override readonly name = "UniqueViolation";
}

/** The database cannot be reached or used now, but may be later. */
export class DatabaseUnavailable extends OperatorError {
  override readonly name = "DatabaseUnavailable";

  /** @param cause the engine's error: for the log and the operator, never for a client */
  constructor(cause: Error) {
    super(`The database is not available at the moment: ${cause.message}`, { cause });
  }
}

/** The database cannot be used, and trying again does not help. */
export class DatabaseError extends OperatorError {
  override readonly name = "DatabaseError";
}

/** Reads the applied migrations, for {@link pendingMigrations}. */
export const APPLIED_MIGRATIONS = "SELECT version, name FROM schema_migrations";

export interface AppliedRow extends Row {
  version: number;
  name: string;
}

/** The table that records applied migrations. */
export const MIGRATIONS_TABLE = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at BIGINT NOT NULL
  )`;

export const RECORD_MIGRATION =
  "INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)";

/**
 * Returns the migrations that a database does not have yet.
 *
 * @throws DatabaseError if it has a migration that this program does not know, from a newer version
 *   or from another service
 */
export function pendingMigrations(
  migrations: readonly Migration[],
  applied: readonly AppliedRow[],
): Migration[] {
  const names = new Map(applied.map(({ version, name }) => [version, name]));
  const newest = Math.max(0, ...names.keys());
  const known = migrations.length;
  for (const { version, name } of migrations) {
    const recorded = names.get(version) ?? name;
    if (recorded !== name) {
      throw new DatabaseError(
        `The database is another program's: its migration ${version} is ${recorded}, not ${name}. ` +
          "Set DATABASE_URL to a database of this program's own",
      );
    }
  }
  if (newest > known) {
    throw new DatabaseError(
      `The database is newer than this program: it is at migration ${newest}, the program knows ` +
        `${known}. Run the version of the program that made it, or a later one`,
    );
  }
  return migrations.filter(({ version }) => !names.has(version));
}
