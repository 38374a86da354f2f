/** The embedded engine: bun:sqlite in WAL, with group commit. */
import { Database as Sqlite, SQLiteError } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

import {
  type Database,
  DatabaseError,
  type Migration,
  MIGRATIONS_TABLE,
  pendingMigrations,
  RECORD_MIGRATION,
  type Row,
  type Statement,
  UniqueViolation,
  type Value,
} from "./database.ts";
import { ProblemError, unavailable } from "./problem.ts";

/**
 * How long a statement waits for a lock that another process holds. SQLite waits in this thread, so
 * that no request is answered meanwhile: long enough for a commit, short enough for the others.
 */
const BUSY_TIMEOUT_MS = 1_000;

/** The most units in one commit: bounds how long a read waits behind one. */
const BATCH_UNITS_MAX = 512;

/**
 * Opens the file, and makes its folder and itself where there is none.
 *
 * Reads run at once. Writes that arrive in the same turn of the event loop are committed together, so
 * that one `fsync` serves them all (group commit); each keeps an outcome of its own.
 */
export function openSqlite(path: string): Database {
  const sqlite = open(path);
  let queue: Pending[] = [];

  const flush = () => {
    const batch = queue.slice(0, BATCH_UNITS_MAX);
    queue = queue.slice(BATCH_UNITS_MAX);
    if (queue.length > 0) setImmediate(flush);
    commit(sqlite, batch);
  };

  return {
    engine: "sqlite",
    async read<R extends Row>(text: string, values: readonly Value[]) {
      try {
        return sqlite.query<R, Value[]>(text).all(...values);
      } catch (error) {
        throw translated(error);
      }
    },
    write(unit) {
      const { promise, resolve, reject } = Promise.withResolvers<Row[][]>();
      queue.push({ unit, resolve, reject });
      if (queue.length === 1) setImmediate(flush);
      return promise;
    },
    async migrate(migrations) {
      return sqlite.transaction(() => migrate(sqlite, migrations)).immediate();
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
  resolve: (rows: Row[][]) => void;
  reject: (error: unknown) => void;
}

function open(path: string): Sqlite {
  try {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
    const sqlite = new Sqlite(path, { create: true, strict: true });
    sqlite.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    sqlite.run("PRAGMA journal_mode = WAL");
    sqlite.run("PRAGMA synchronous = FULL");
    sqlite.run("PRAGMA foreign_keys = ON");
    return sqlite;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseError(
      `Cannot open the database ${path}: ${reason}. Set DATABASE_URL to a file that can be written`,
      { cause },
    );
  }
}

function migrate(sqlite: Sqlite, migrations: readonly Migration[]): Migration[] {
  sqlite.run(MIGRATIONS_TABLE);
  const applied = sqlite.query<{ version: number }, []>("SELECT version FROM schema_migrations");
  const pending = pendingMigrations(
    migrations,
    applied.all().map(({ version }) => version),
  );
  for (const { version, name, sql } of pending) {
    sqlite.run(sql);
    sqlite.query(RECORD_MIGRATION).run(version, name, Date.now());
  }
  return pending;
}

/** Commits the units together. Where that fails as a whole, each gets a commit of its own. */
function commit(sqlite: Sqlite, batch: readonly Pending[]): void {
  const outcomes: (() => void)[] = [];
  try {
    sqlite.run("BEGIN IMMEDIATE");
  } catch (error) {
    for (const { reject } of batch) reject(translated(error));
    return;
  }
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
    if (batch.length > 1) for (const pending of batch) commit(sqlite, [pending]);
    else batch[0]?.reject(translated(error));
    return;
  }
  for (const settle of outcomes) settle();
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
const FULL = 13;
const CANTOPEN = 14;
const CONSTRAINT_PRIMARYKEY = 1555;
const CONSTRAINT_UNIQUE = 2067;

function translated(error: unknown): unknown {
  if (!(error instanceof SQLiteError) || error instanceof ProblemError) return error;
  const { errno, message } = error;
  if (errno === CONSTRAINT_UNIQUE || errno === CONSTRAINT_PRIMARYKEY) {
    return new UniqueViolation(message, { cause: error });
  }
  if ([BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN].includes(errno & 0xff)) {
    return unavailable("database_unavailable", "The database cannot be used at the moment", {
      cause: error,
    });
  }
  return error;
}
