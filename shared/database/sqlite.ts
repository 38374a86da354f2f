/** The embedded engine: bun:sqlite in WAL, with group commit. */
import { Database as Sqlite, SQLiteError } from "bun:sqlite";

import {
  APPLIED_MIGRATIONS,
  type AppliedRow,
  type Database,
  DatabaseError,
  DatabaseUnavailable,
  type Migration,
  MIGRATIONS_TABLE,
  pendingMigrations,
  RECORD_MIGRATION,
  type Row,
  type Statement,
  UniqueViolation,
  type Value,
} from "./database.ts";

/**
 * How long SQLite itself waits for a lock that another process holds. It waits in this thread, so that
 * no request is answered meanwhile: a few commits of the other's, no more.
 */
const BUSY_TIMEOUT_MS = 10;

/** How often a lock is asked for again, and how long a unit waits for it in all, while others run. */
const LOCK_RETRY_MS = 10;
const LOCK_PATIENCE_MS = 2_000;

/** At the start there is nobody to answer, and another process may be at the same migrations. */
const START_BUSY_TIMEOUT_MS = 10_000;

/** Pages in memory. Ten times the default: bulk writes would read the same ones again and again. */
const CACHE_KIBIBYTES = 20_000;

/** A checkpoint cuts the log back to this, however much was written at once. */
const LOG_BYTES_MAX = 64 * 1024 * 1024;

export interface SqliteOptions {
  /** `OFF` answers before the disk has it: for measuring what durability costs. Default: `FULL` */
  synchronous?: "FULL" | "OFF";
  /** The most units in one commit: bounds how long a read waits behind one. Default: 512 */
  batchUnitsMax?: number;
}

/**
 * Opens the file, and makes its folder and itself where there is none.
 *
 * Reads run at once. Writes that arrive in the same turn of the event loop are committed together, so
 * that one `fsync` serves them all (group commit); each keeps an outcome of its own, and their order.
 *
 * @throws DatabaseError with a sentence for the operator if the file cannot be used
 */
export function openSqlite(
  path: string,
  { synchronous = "FULL", batchUnitsMax = 512 }: SqliteOptions = {},
): Database {
  const sqlite = open(path, synchronous);
  let queue: Pending[] = [];

  function flush(): void {
    const batch = queue.slice(0, batchUnitsMax);
    if (batch.length === 0) return;
    try {
      commit(sqlite, batch);
      queue = queue.slice(batch.length);
      if (queue.length > 0) setImmediate(flush);
    } catch (error) {
      // Nothing of the batch was done.
      const oldest = isBusy(error) ? performance.now() - LOCK_PATIENCE_MS : Infinity;
      for (const { since, reject } of queue) if (since <= oldest) reject(translated(error));
      queue = queue.filter(({ since }) => since > oldest);
      if (queue.length > 0) setTimeout(flush, LOCK_RETRY_MS);
    }
  }

  return {
    engine: "sqlite",
    async read<R extends Row>(text: string, values: readonly Value[]) {
      try {
        return sqlite.query<R, Value[]>(text).all(...values);
      } catch (error) {
        throw translated(error);
      }
    },
    write<R extends Row>(unit: readonly Statement[]) {
      const { promise, resolve, reject } = Promise.withResolvers<R[][]>();
      queue.push({
        unit,
        since: performance.now(),
        resolve: (rows) => resolve(rows as R[][]),
        reject,
      });
      if (queue.length === 1) setImmediate(flush);
      return promise;
    },
    async migrate(migrations) {
      try {
        sqlite.run(`PRAGMA busy_timeout = ${START_BUSY_TIMEOUT_MS}`);
        return sqlite.transaction(() => migrate(sqlite, migrations)).immediate();
      } catch (error) {
        throw unusable(path, error);
      } finally {
        sqlite.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      }
    },
    async ping() {
      try {
        sqlite.query("SELECT count(*) FROM schema_migrations").get();
      } catch (error) {
        throw translated(error);
      }
    },
    async close() {
      while (queue.length > 0) flush();
      sqlite.close();
    },
  };
}

interface Pending {
  unit: readonly Statement[];
  /** By `performance.now()`. */
  since: number;
  resolve: (rows: Row[][]) => void;
  reject: (error: unknown) => void;
}

function open(path: string, synchronous: "FULL" | "OFF"): Sqlite {
  try {
    const sqlite = openFile(path);
    sqlite.run(`PRAGMA busy_timeout = ${START_BUSY_TIMEOUT_MS}`);
    sqlite.run("PRAGMA journal_mode = WAL");
    sqlite.run(`PRAGMA synchronous = ${synchronous}`);
    // Where fsync leaves data in the cache of the drive, on macOS that is.
    sqlite.run("PRAGMA fullfsync = ON");
    sqlite.run("PRAGMA checkpoint_fullfsync = ON");
    sqlite.run("PRAGMA foreign_keys = ON");
    sqlite.run(`PRAGMA cache_size = -${CACHE_KIBIBYTES}`);
    sqlite.run(`PRAGMA journal_size_limit = ${LOG_BYTES_MAX}`);
    sqlite.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return sqlite;
  } catch (error) {
    throw unusable(path, error);
  }
}

function openFile(path: string): Sqlite {
  const options = { create: true, strict: true };
  try {
    return new Sqlite(path, options);
  } catch (error) {
    if (!(error instanceof SQLiteError) || error.errno !== CANTOPEN) throw error;
    // The folder is missing, most likely. Both are loaded here because the usual start can do without.
    const { mkdirSync } = require("node:fs") as typeof import("node:fs");
    const { dirname } = require("node:path") as typeof import("node:path");
    mkdirSync(dirname(path), { recursive: true });
    return new Sqlite(path, options);
  }
}

function unusable(path: string, cause: unknown): unknown {
  if (cause instanceof DatabaseError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isDatabase = !(
    cause instanceof SQLiteError && [CORRUPT, NOTADB].includes(cause.errno & 0xff)
  );
  const remedy = isDatabase
    ? "Set DATABASE_URL to a file that can be written"
    : "Put a backup in its place, or set DATABASE_URL to another file";
  return new DatabaseError(`Cannot use the database ${path}: ${reason}. ${remedy}`, { cause });
}

function migrate(sqlite: Sqlite, migrations: readonly Migration[]): Migration[] {
  sqlite.run(MIGRATIONS_TABLE);
  const applied = sqlite.query<AppliedRow, []>(APPLIED_MIGRATIONS).all();
  const pending = pendingMigrations(migrations, applied);
  for (const { version, name, sql } of pending) {
    sqlite.run(sql);
    sqlite.query(RECORD_MIGRATION).run(version, name, Date.now());
  }
  return pending;
}

/**
 * Commits the units together. Where that fails as a whole, each gets a commit of its own.
 *
 * @throws SQLiteError if no transaction can be begun: nothing is done then, and nobody told
 */
function commit(sqlite: Sqlite, batch: readonly Pending[]): void {
  const outcomes: (() => void)[] = [];
  sqlite.run("BEGIN IMMEDIATE");
  try {
    for (const { unit, resolve, reject } of batch) {
      try {
        const rows = run(sqlite, unit);
        outcomes.push(() => resolve(rows));
      } catch (error) {
        // Some failures, a full disk say, take the transaction along: then nobody has an outcome yet.
        if (!sqlite.inTransaction) throw error;
        outcomes.push(() => reject(translated(error)));
      }
    }
    sqlite.run("COMMIT");
  } catch (error) {
    if (sqlite.inTransaction) sqlite.run("ROLLBACK");
    if (batch.length > 1) for (const pending of batch) commitAlone(sqlite, pending);
    else batch[0]?.reject(translated(error));
    return;
  }
  for (const settle of outcomes) settle();
}

function commitAlone(sqlite: Sqlite, pending: Pending): void {
  try {
    commit(sqlite, [pending]);
  } catch (error) {
    pending.reject(translated(error));
  }
}

/** Runs a unit inside the open transaction; a failure undoes this unit and no other. */
function run(sqlite: Sqlite, unit: readonly Statement[]): Row[][] {
  // A single statement undoes itself (https://www.sqlite.org/lang_conflict.html, ABORT).
  if (unit.length === 1) return unit.map((statement) => rowsOf(sqlite, statement));
  sqlite.run("SAVEPOINT unit");
  try {
    const rows = unit.map((statement) => rowsOf(sqlite, statement));
    sqlite.run("RELEASE unit");
    return rows;
  } catch (error) {
    if (sqlite.inTransaction) sqlite.run("ROLLBACK TO unit; RELEASE unit");
    throw error;
  }
}

function rowsOf(sqlite: Sqlite, { text, values }: Statement): Row[] {
  return sqlite.query<Row, Value[]>(text).all(...values);
}

// https://www.sqlite.org/rescode.html; the low byte is the primary code.
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

function isBusy(error: unknown): boolean {
  return error instanceof SQLiteError && (error.errno & 0xff) === BUSY;
}

function translated(error: unknown): unknown {
  if (!(error instanceof SQLiteError)) return error;
  const { errno, message } = error;
  if (errno === CONSTRAINT_UNIQUE || errno === CONSTRAINT_PRIMARYKEY) {
    return new UniqueViolation(message, { cause: error });
  }
  if ([BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN].includes(errno & 0xff)) {
    return new DatabaseUnavailable(error);
  }
  return error;
}
