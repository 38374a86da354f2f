/**
 * Writes to SQLite. Units that arrive within two turns of the event loop are committed together,
 * with one `fsync`. They run in order, and each has its own outcome.
 */
import type { Database as Sqlite } from "bun:sqlite";

import {
  DatabaseUnavailable,
  type Row,
  type Statement,
  UniqueViolation,
  UnmetCondition,
  type Value,
} from "./database.ts";
import { createLastFailures } from "./last-failures.ts";
import { isBusy, outlook, translated } from "./sqlite-errors.ts";
import type { FileWatch } from "./sqlite-file.ts";

/**
 * How often to try again for a lock, and how long a unit waits for it in total. Other work
 * continues in the meantime.
 */
const LOCK_RETRY_MS = 10;
const LOCK_TIMEOUT_MS = 2_000;

/** Rewrites the first page unchanged. (An UPDATE that changes nothing writes nothing.) */
const REWRITE = "PRAGMA user_version = 0";

export interface GroupCommitOptions {
  /** The maximum number of units in one commit. */
  batchUnitsMax: number;
  /** A monotonic clock, in milliseconds. */
  now: () => number;
  /** Called after each commit with its number of units and its duration in seconds. */
  onCommit: (units: number, seconds: number) => void;
}

export interface GroupCommit {
  /** Returns the rows of each statement once the unit is durable and the file is still in place. */
  write<R extends Row>(unit: readonly Statement[]): Promise<R[][]>;
  /** Notes a read that failed. Only some failures say something about later operations. */
  failed(unit: readonly Statement[], error: unknown): void;
  /** @throws DatabaseUnavailable while operations fail, judged by the latest ones */
  check(): Promise<void>;
  /** Settles all earlier writes. */
  end(): void;
}

interface Pending {
  unit: readonly Statement[];
  since: number;
  resolve: (rows: Row[][]) => void;
  reject: (error: unknown) => void;
}

/** The write side of a connection. Nothing else may write through the connection. */
export function createGroupCommit(
  { sqlite, file }: { sqlite: Sqlite; file: FileWatch },
  { batchUnitsMax, now, onCommit }: GroupCommitOptions,
): GroupCommit {
  let queue: Pending[] = [];
  let gone: Error | undefined;
  const failures = createLastFailures({ now, test: async (unit) => test(unit) });

  function write<R extends Row>(unit: readonly Statement[]): Promise<R[][]> {
    const { promise, resolve, reject } = Promise.withResolvers<R[][]>();
    queue.push({ unit, since: now(), resolve: (rows) => resolve(rows as R[][]), reject });
    // Units that arrived during the last commit are read within two turns: waiting for both makes
    // fewer commits.
    if (queue.length === 1) setImmediate(() => setImmediate(flush));
    return promise;
  }

  function flush(): void {
    const batch = queue.slice(0, batchUnitsMax);
    if (batch.length === 0) return;
    // Before anything is written: another process may already use what is in the place of the file.
    gone = file.fault();
    try {
      if (gone) for (const { reject } of batch) reject(new DatabaseUnavailable(gone));
      else commit(batch);
      queue = queue.slice(batch.length);
      if (queue.length > 0) setImmediate(flush);
    } catch (error) {
      // None of the batch was executed.
      const oldest = isBusy(error) ? now() - LOCK_TIMEOUT_MS : Infinity;
      for (const pending of queue) if (pending.since <= oldest) refuse(pending, error);
      queue = queue.filter(({ since }) => since > oldest);
      if (queue.length > 0) setTimeout(flush, LOCK_RETRY_MS);
    }
  }

  /**
   * Commits the units together. If that fails as a whole, commits each on its own.
   *
   * @throws SQLiteError if no transaction can begin: then nothing is executed and nothing settled
   */
  function commit(batch: readonly Pending[]): void {
    const outcomes: (() => void)[] = [];
    const begunAt = now();
    sqlite.run("BEGIN IMMEDIATE");
    try {
      for (const pending of batch) {
        try {
          const rows = run(sqlite, pending.unit);
          outcomes.push(() => pending.resolve(rows));
        } catch (error) {
          // Some failures, for example a full disk, end the transaction: then no unit has an
          // outcome yet.
          if (!sqlite.inTransaction) throw error;
          outcomes.push(() => refuse(pending, error));
        }
      }
      sqlite.run("COMMIT");
    } catch (error) {
      if (sqlite.inTransaction) sqlite.run("ROLLBACK");
      for (const pending of batch) {
        if (batch.length > 1) commitAlone(pending);
        else refuse(pending, error);
      }
      return;
    }
    onCommit(batch.length, (now() - begunAt) / 1_000);
    gone = file.fault();
    if (gone) for (const { reject } of batch) reject(new DatabaseUnavailable(gone));
    else for (const settle of outcomes) settle();
  }

  function commitAlone(pending: Pending): void {
    try {
      commit([pending]);
    } catch (error) {
      refuse(pending, error);
    }
  }

  function refuse({ unit, reject }: Pending, error: unknown): void {
    if (outlook(error)) failures.failed(unit, translated(error));
    reject(translated(error));
  }

  /**
   * Executes the unit and undoes it, and commits the pages that it touched. With so small a cache,
   * the pages of a large unit are written before they are undone, so that it needs as much space.
   */
  function test(unit: readonly Statement[]): void {
    const [cache] = sqlite.query<{ cache_size: number }, []>("PRAGMA cache_size").all();
    sqlite.run("PRAGMA cache_size = 1");
    try {
      sqlite.run("BEGIN IMMEDIATE");
      sqlite.run("SAVEPOINT test");
      try {
        for (const statement of unit) rowsOf(sqlite, statement);
      } catch (error) {
        // A row in the way says that the tables can be read, but not that there is space.
        if (!(translated(error) instanceof UniqueViolation)) throw error;
      }
      sqlite.run("ROLLBACK TO test; RELEASE test");
      sqlite.run(REWRITE);
      sqlite.run("COMMIT");
    } catch (error) {
      if (sqlite.inTransaction) sqlite.run("ROLLBACK");
      throw translated(error);
    } finally {
      sqlite.run(`PRAGMA cache_size = ${cache?.cache_size}`);
    }
  }

  return {
    write,
    failed(unit, error) {
      if (outlook(error) === "passing") failures.failed(unit, translated(error));
    },
    async check() {
      gone = await file.ask();
      if (gone) throw new DatabaseUnavailable(gone);
      await failures.check();
    },
    end() {
      while (queue.length > 0) flush();
    },
  };
}

/** Runs a unit inside the open transaction. A failure undoes this unit only. */
function run(sqlite: Sqlite, unit: readonly Statement[]): Row[][] {
  // A single statement undoes itself (https://www.sqlite.org/lang_conflict.html, ABORT).
  if (unit.length === 1) return unit.map((statement) => rowsOf(sqlite, statement));
  sqlite.run("SAVEPOINT unit");
  try {
    // Units run one after another, so each has its turn.
    const rows = unit.map((statement) => {
      const found = rowsOf(sqlite, statement);
      if (statement.turn !== undefined && found.length === 0) throw new UnmetCondition();
      return found;
    });
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
