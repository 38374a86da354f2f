/** The embedded engine: bun:sqlite in WAL mode, with group commit. */
import type { Database as Sqlite } from "bun:sqlite";

import { type Database, DatabaseError, type Migration, type Row, type Value } from "./database.ts";
import { createGroupCommit } from "./group-commit.ts";
import {
  APPLIED_MIGRATIONS,
  type AppliedRow,
  MIGRATIONS_TABLE,
  recordOf,
  schemaOf,
} from "./migrations.ts";
import { outlook, translated } from "./sqlite-errors.ts";
import { openFile, watchFile } from "./sqlite-file.ts";

/**
 * How long SQLite itself waits for a lock of another process. It blocks this thread, and with it
 * all requests: no longer than a few commits take.
 */
const BUSY_TIMEOUT_MS = 10;

/** At start there are no requests yet, and another process may be running the same migrations. */
const START_BUSY_TIMEOUT_MS = 10_000;

/** The page cache. Ten times the default: bulk writes would read the same pages again and again. */
const CACHE_KIBIBYTES = 20_000;

/** A checkpoint truncates the log to this size. */
const LOG_BYTES_MAX = 64 * 1024 * 1024;

export interface SqliteOptions {
  /**
   * `OFF` returns before the data is on disk: for measuring what durability costs. Default: `FULL`
   */
  synchronous?: "FULL" | "OFF";
  /**
   * The maximum number of units in one commit: limits how long a read waits for one. Default: 512
   */
  batchUnitsMax?: number;
  /** A monotonic clock, in milliseconds. Default: `performance.now` */
  now?: () => number;
  /**
   * Called after each commit with its number of units and its duration in seconds. Default: nothing
   */
  onCommit?: (units: number, seconds: number) => void;
}

/**
 * Opens the file. Creates it and its folder if they are missing.
 *
 * Reads run synchronously; for writes see `group-commit.ts`. The database is ready if it can be
 * read, its file is still in place, and the latest operations succeeded.
 *
 * @throws DatabaseError with a sentence for the operator if the file cannot be used
 */
export async function openSqlite(
  path: string,
  {
    synchronous = "FULL",
    batchUnitsMax = 512,
    now = () => performance.now(),
    onCommit = () => {},
  }: SqliteOptions = {},
): Promise<Database> {
  const { sqlite, file } = await open(path, synchronous);
  const writes = createGroupCommit({ sqlite, file }, { batchUnitsMax, now, onCommit });

  return {
    engine: "sqlite",
    connectionsMax: 1,
    read<R extends Row>(text: string, values: readonly Value[]) {
      try {
        return sqlite.query<R, Value[]>(text).all(...values);
      } catch (error) {
        writes.failed([{ text, values }], error);
        throw translated(error);
      }
    },
    write: writes.write,
    async schema(migrations) {
      try {
        return schemaOf(migrations, appliedIn(sqlite));
      } catch (error) {
        throw unusable(path, error);
      }
    },
    async migrate(migrations, say = () => {}) {
      try {
        sqlite.run(`PRAGMA busy_timeout = ${START_BUSY_TIMEOUT_MS}`);
        if (schemaOf(migrations, appliedIn(sqlite)).pending.length === 0) return [];
        return sqlite.transaction(() => migrate(sqlite, { migrations, say })).immediate();
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
      await writes.check();
    },
    async close() {
      writes.end();
      await file.close();
    },
  };
}

async function open(path: string, synchronous: "FULL" | "OFF") {
  try {
    const sqlite = openFile(path);
    sqlite.run(`PRAGMA busy_timeout = ${START_BUSY_TIMEOUT_MS}`);
    sqlite.run("PRAGMA journal_mode = WAL");
    sqlite.run(`PRAGMA synchronous = ${synchronous}`);
    // For systems where fsync leaves data in the cache of the drive, such as macOS.
    sqlite.run("PRAGMA fullfsync = ON");
    sqlite.run("PRAGMA checkpoint_fullfsync = ON");
    sqlite.run("PRAGMA foreign_keys = ON");
    sqlite.run(`PRAGMA cache_size = -${CACHE_KIBIBYTES}`);
    sqlite.run(`PRAGMA journal_size_limit = ${LOG_BYTES_MAX}`);
    const file = await watchFile(sqlite);
    sqlite.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return { sqlite, file };
  } catch (error) {
    throw unusable(path, error);
  }
}

function unusable(path: string, cause: unknown): unknown {
  if (cause instanceof DatabaseError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const remedy =
    outlook(cause) === "lasting"
      ? "Put a backup in its place, or set DATABASE_URL to another file"
      : "Set DATABASE_URL to a file that can be written";
  return new DatabaseError(`Cannot use the database ${path}: ${reason}. ${remedy}`, { cause });
}

interface MigrateOptions {
  migrations: readonly Migration[];
  say: (line: string) => void;
}

function migrate(sqlite: Sqlite, { migrations, say }: MigrateOptions): Migration[] {
  // Another process may have applied some before this transaction began.
  const { pending, version } = schemaOf(migrations, appliedIn(sqlite));
  sqlite.run(MIGRATIONS_TABLE);
  const columns = "SELECT name FROM pragma_table_info('schema_migrations')";
  if (!sqlite.query(columns).values().flat().includes("admits_from")) {
    sqlite.run("ALTER TABLE schema_migrations ADD COLUMN admits_from BIGINT");
  }
  for (const migration of pending) {
    // In a new database nothing is there that could take time.
    if (version > 0) say(`applying migration ${migration.version} ${migration.name}`);
    sqlite.run(migration.sql);
    const { text, values } = recordOf(migration);
    sqlite.query(text).run(...values);
  }
  return pending;
}

function appliedIn(sqlite: Sqlite): AppliedRow[] {
  const table = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'";
  return sqlite.query(table).get() ? sqlite.query<AppliedRow, []>(APPLIED_MIGRATIONS).all() : [];
}
