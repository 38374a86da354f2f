/**
 * Writes to SQLite. Those that arrive within two turns of the event loop are committed together, so that
 * one `fsync` serves them all; each keeps an outcome of its own, and their order.
 */
import type { Database as Sqlite } from "bun:sqlite";

import { DatabaseUnavailable, type Row, type Statement, type Value } from "./database.ts";
import { isBusy, outlook, translated } from "./sqlite-errors.ts";
import type { FileWatch } from "./sqlite-file.ts";

/** How often a lock is asked for again, and how long a unit waits for it in all, while others run. */
const LOCK_RETRY_MS = 10;
const LOCK_PATIENCE_MS = 2_000;

/** How often it is tried whether writes come through again, whoever asks: each time is an `fsync`. */
const TEST_INTERVAL_MS = 2_000;
/** Writes the first page as it is. (An update that changes nothing writes nothing.) */
const TEST_WRITE: Statement = { text: "PRAGMA user_version = 0", values: [] };

export interface GroupCommitOptions {
  /** The most units in one commit. */
  batchUnitsMax: number;
  /** Milliseconds of a clock that is never set back. */
  now: () => number;
  /** Is told of each commit how many units it had, and how many seconds it took. */
  onCommit: (units: number, seconds: number) => void;
}

export interface GroupCommit {
  /** The rows of each statement, once the unit is durable and the file is still there. */
  write<R extends Row>(unit: readonly Statement[]): Promise<R[][]>;
  /** @throws DatabaseUnavailable while writes fail, judged by the last ones */
  check(): Promise<void>;
  /** Settles all that was asked for before. */
  end(): void;
}

interface Pending {
  unit: readonly Statement[];
  since: number;
  resolve: (rows: Row[][]) => void;
  reject: (error: unknown) => void;
}

/** The writing side of a connection, which nothing else may write through. */
export function createGroupCommit(
  { sqlite, file }: { sqlite: Sqlite; file: FileWatch },
  { batchUnitsMax, now, onCommit }: GroupCommitOptions,
): GroupCommit {
  let queue: Pending[] = [];
  let gone: Error | undefined;
  let failure: unknown;
  let testedAt = 0;

  function write<R extends Row>(unit: readonly Statement[]): Promise<R[][]> {
    const { promise, resolve, reject } = Promise.withResolvers<R[][]>();
    queue.push({ unit, since: now(), resolve: (rows) => resolve(rows as R[][]), reject });
    // What arrived during the last commit is read in two turns: with one more there are fewer commits.
    if (queue.length === 1) setImmediate(() => setImmediate(flush));
    return promise;
  }

  function flush(): void {
    const batch = queue.slice(0, batchUnitsMax);
    if (batch.length === 0) return;
    // Nothing is written to a file that is known to be gone.
    gone &&= file.fault();
    try {
      if (gone) for (const { reject } of batch) reject(new DatabaseUnavailable(gone));
      else commit(batch);
      queue = queue.slice(batch.length);
      if (queue.length > 0) setImmediate(flush);
    } catch (error) {
      // Nothing of the batch was done.
      const oldest = isBusy(error) ? now() - LOCK_PATIENCE_MS : Infinity;
      for (const pending of queue) if (pending.since <= oldest) refuse(pending, error);
      queue = queue.filter(({ since }) => since > oldest);
      if (queue.length > 0) setTimeout(flush, LOCK_RETRY_MS);
    }
  }

  /**
   * Commits the units together. Where that fails as a whole, each gets a commit of its own.
   *
   * @throws SQLiteError if no transaction can be begun: nothing is done then, and nobody told
   */
  function commit(batch: readonly Pending[]): void {
    const outcomes: (() => void)[] = [];
    const begunAt = now();
    sqlite.run("BEGIN IMMEDIATE");
    try {
      file.begun();
      for (const pending of batch) {
        try {
          const rows = run(sqlite, pending.unit);
          outcomes.push(() => pending.resolve(rows));
        } catch (error) {
          // Some failures, a full disk say, take the transaction along: then nobody has an outcome yet.
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

  function refuse({ reject }: Pending, error: unknown): void {
    if (outlook(error)) {
      if (failure === undefined) testedAt = now();
      failure = error;
    }
    reject(translated(error));
  }

  return {
    write,
    async check() {
      gone = file.fault();
      if (gone) throw new DatabaseUnavailable(gone);
      if (failure === undefined) return;
      if (outlook(failure) === "lasting" || now() - testedAt < TEST_INTERVAL_MS) {
        throw translated(failure);
      }
      testedAt = now();
      await write([TEST_WRITE]);
      failure = undefined;
    },
    end() {
      while (queue.length > 0) flush();
    },
  };
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
