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
  /** How many operations run at once at most: those of a pool. */
  readonly connectionsMax: number;
  /**
   * The rows of one statement that only reads: the embedded engine has them at once.
   *
   * @param trace what it is a part of, here and below. Default: nothing
   */
  read<R extends Row>(
    text: string,
    values: readonly Value[],
    trace?: TraceContext,
  ): MaybePromise<R[]>;
  /**
   * Runs statements as a unit, all or none, and answers the rows of each once they are durable.
   *
   * @throws UniqueViolation if a row stands in the way
   * @throws DatabaseUnavailable if the database cannot be used now, as every call here may
   */
  write<R extends Row>(unit: readonly Statement[], trace?: TraceContext): Promise<R[][]>;
  /** Applies what is new, in order, each with its record, once however many processes try. */
  migrate(migrations: readonly Migration[]): Promise<Migration[]>;
  /**
   * Resolves if the database can be read, and written to as far as is known; tells soon if it cannot.
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

/** A write broke a unique index: what that means only the store can tell. */
export class UniqueViolation extends Error {
  override readonly name = "UniqueViolation";
}

/** The database cannot be reached, or cannot do this, now; later it may. */
export class DatabaseUnavailable extends OperatorError {
  override readonly name = "DatabaseUnavailable";

  /** @param cause what the engine said: for the log and the operator, never for a client */
  constructor(cause: Error) {
    super(`The database is not available at the moment: ${cause.message}`, { cause });
  }
}

/** The database cannot be used at all, and trying again does not help. */
export class DatabaseError extends OperatorError {
  override readonly name = "DatabaseError";
}

/** What is applied, for {@link pendingMigrations}. */
export const APPLIED_MIGRATIONS = "SELECT version, name FROM schema_migrations";

export interface AppliedRow extends Row {
  version: number;
  name: string;
}

/** Where applied migrations are recorded. */
export const MIGRATIONS_TABLE = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at BIGINT NOT NULL
  )`;

export const RECORD_MIGRATION =
  "INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)";

/**
 * The migrations that a database lacks.
 *
 * @throws DatabaseError if it has one that this program does not know: a newer program was here, or
 *   another service
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
