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
  /**
   * Makes the statement a condition of its unit: the unit is undone unless it returns a row. Units
   * with the same turn run one after another, so that none misses what another is about to write.
   * Default: it is no condition
   */
  turn?: string;
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
   * @throws UnmetCondition if a condition of the unit returns no row
   * @throws DatabaseUnavailable if the database cannot be used now, like every function here
   */
  write<R extends Row>(unit: readonly Statement[], trace?: TraceContext): Promise<R[][]>;
  /**
   * Compares the schema with the migrations of the program. Changes nothing, and needs no right but
   * to read.
   *
   * @throws DatabaseError if the schema is another program's, or too new for this one
   */
  schema(migrations: readonly Migration[]): Promise<Schema>;
  /**
   * Applies pending migrations in order and records each. Runs each exactly once, even if several
   * processes try at the same time. Changes nothing if none is pending. Returns those applied.
   *
   * @param say receives a line for each step, and for each wait. Default: nobody
   */
  migrate(migrations: readonly Migration[], say?: (line: string) => void): Promise<Migration[]>;
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
  /**
   * The oldest program that still works after it, by the newest migration that this program knows:
   * 1 admits every program, as a new column that may be null does. Default: its own version, which
   * admits no older program
   */
  admitsFrom?: number;
  /**
   * Whether Postgres builds an index while others write. `sql` is then one
   * `CREATE INDEX name ON table ...` without `CONCURRENTLY`, which SQLite does not know. Default: false
   */
  concurrently?: boolean;
}

/** The schema of a database, as a program sees it. */
export interface Schema {
  /** The newest migration that the database has; 0 if it has none. */
  version: number;
  /** The migrations of the program that the database does not have yet. */
  pending: Migration[];
}

/** A write violated a unique index. Only the store knows what that means. */
export class UniqueViolation extends Error {
  override readonly name = "UniqueViolation";
}

/** A condition of a unit returned no row. Only the store knows what that means. */
export class UnmetCondition extends Error {
  override readonly name = "UnmetCondition";
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
