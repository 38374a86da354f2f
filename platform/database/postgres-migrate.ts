/**
 * Migrations on Postgres: each in a transaction of its own, one process at a time.
 *
 * A statement that waits for a lock on a table makes everyone wait who comes later, readers too. So
 * a migration waits briefly, lets them pass, and tries again.
 *
 * An index that is built while others write cannot be built in a transaction. It gets a connection
 * of its own, while the transaction keeps the turn and then records it.
 */
import { SQL } from "bun";

import { DatabaseError, type Migration, type Schema } from "./database.ts";
import {
  APPLIED_MIGRATIONS,
  type AppliedRow,
  MIGRATIONS_TABLE,
  recordOf,
  schemaOf,
} from "./migrations.ts";
import { INSUFFICIENT_PRIVILEGE } from "./postgres-errors.ts";
import { buildIndex } from "./postgres-index.ts";
import { rows } from "./postgres-query.ts";

/** Replicas that start at the same time take turns at the migrations. Any fixed number works. */
const MIGRATION_LOCK = 7_302_011_604;

/** The first version of the table has no such column. */
const ADMITS_FROM = "ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS admits_from BIGINT";

/** How often a migration tries to get its locks. */
const ATTEMPTS_MAX = 10;

/** How often to ask for the turn, and after how many times to say so again: every 10 s. */
const TURN_INTERVAL_MS = 100;
const TURNS_PER_LINE = 100;

const UNDEFINED_TABLE = "42P01";
const READ_ONLY = "25006";
const UNIQUE_VIOLATION = "23505";
/** A lock timeout or a deadlock: someone else has the lock. */
const LOCKED = ["55P03", "40P01"];

export interface MigrateOptions {
  migrations: readonly Migration[];
  /** Names the database in errors. */
  place: string;
  /** Receives a line for each step, and for each wait. */
  say: (line: string) => void;
  /** Opens one more connection, whose statements may take long. */
  openAnother: () => SQL;
  /** How long to wait for a lock, and others behind. Default: 2000 */
  lockTimeoutMs?: number;
  /** How long to let others pass before the next attempt. Default: 1000 */
  pauseMs?: number;
}

/** Compares the schema with the migrations. Needs the right to read `schema_migrations`. */
export async function readSchema(sql: SQL, migrations: readonly Migration[]): Promise<Schema> {
  try {
    // Never prepared: the columns may change.
    const applied = await sql.unsafe<AppliedRow[]>(APPLIED_MIGRATIONS).simple();
    return schemaOf(migrations, applied.map(inNumbers));
  } catch (error) {
    if (errnoOf(error) === UNDEFINED_TABLE) return schemaOf(migrations, []);
    throw error;
  }
}

/**
 * Applies pending migrations and returns them. Changes nothing if none is pending.
 *
 * @throws DatabaseError with a sentence for the operator
 */
export async function migrate(
  sql: SQL,
  { migrations, place, say, openAnother, lockTimeoutMs = 2_000, pauseMs = 1_000 }: MigrateOptions,
): Promise<Migration[]> {
  const applied: Migration[] = [];
  /** Nothing is there that could take time. */
  const isNew = (await readSchema(sql, migrations)).version === 0;
  let isTablePrepared = false;
  let announced: Migration | undefined;
  let attempt = 1;
  let turns = 0;

  /**
   * The next step, in a transaction, with the turn. Returns false if it has to wait for another
   * process.
   */
  async function advance(transaction: SQL): Promise<boolean> {
    if (!isTablePrepared) {
      await transaction.unsafe(MIGRATIONS_TABLE);
      await transaction.unsafe(ADMITS_FROM);
      return true;
    }
    const { pending } = await readSchema(transaction, migrations);
    const [next] = pending;
    // Another process has applied it in the meantime.
    if (!next) return true;
    if (!isNew && announced !== next) say(`applying migration ${next.version} ${next.name}`);
    announced = next;
    if (!next.concurrently) await transaction.unsafe(next.sql);
    else {
      await using another = openAnother();
      if (!(await buildIndex(another, next))) return false;
    }
    const { text, values } = recordOf(next);
    await transaction.unsafe(text, values);
    applied.push(next);
    return true;
  }

  for (;;) {
    const [next] = (await readSchema(sql, migrations)).pending;
    if (!next) return applied;
    const step = `migration ${next.version} ${next.name}`;
    const before = applied.length;
    try {
      const isDone = await inTurn(sql, lockTimeoutMs, advance);
      if (isDone) {
        isTablePrepared = true;
        attempt = 1;
        turns = 0;
        continue;
      }
      if (turns % TURNS_PER_LINE === 0) say("waiting for another process, which is migrating");
      turns += 1;
      await Bun.sleep(TURN_INTERVAL_MS);
    } catch (error) {
      applied.length = before;
      if (!LOCKED.includes(errnoOf(error)) || attempt === ATTEMPTS_MAX) {
        throw cannotMigrate(next, place, error);
      }
      say(`${step} could not lock its table: attempt ${attempt} of ${ATTEMPTS_MAX}`);
      attempt += 1;
      await Bun.sleep(pauseMs);
    }
  }
}

/** Bun returns BIGINT as text. */
function inNumbers({ version, name, admits_from = null }: AppliedRow): AppliedRow {
  return { version: Number(version), name, admits_from: admits_from && Number(admits_from) };
}

/**
 * Runs `work` in a transaction, and returns what it returns. Returns false, without running it, if
 * another process has the turn.
 */
function inTurn(
  sql: SQL,
  lockTimeoutMs: number,
  work: (transaction: SQL) => Promise<boolean>,
): Promise<boolean> {
  return sql.begin(async (transaction) => {
    // In any other level it would keep a snapshot, for whose end the build of an index waits.
    await transaction.unsafe("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    await transaction.unsafe("SET LOCAL idle_in_transaction_session_timeout = 0");
    // A change of a large table may take long, once it has its locks.
    await transaction.unsafe("SET LOCAL statement_timeout = 0");
    await transaction.unsafe(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
    const text = "SELECT pg_try_advisory_xact_lock($1)::int AS mine";
    const [turn] = await rows(transaction, { text, values: [MIGRATION_LOCK] });
    if (turn?.["mine"] !== 1) return false;
    return work(transaction);
  });
}

function errnoOf(error: unknown): string {
  return (error instanceof SQL.PostgresError && error.errno) || "";
}

function cannotMigrate(
  { version, name, concurrently }: Migration,
  place: string,
  cause: unknown,
): unknown {
  if (cause instanceof DatabaseError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const remedy = remedyFor(errnoOf(cause), concurrently);
  const what = `migration ${version} ${name} in ${place}`;
  return new DatabaseError(`Cannot apply ${what}: ${reason}. ${remedy}`, { cause });
}

function remedyFor(errno: string, concurrently = false): string {
  if (errno === INSUFFICIENT_PRIVILEGE) {
    return "Run the command migrate with a role that owns the schema; to serve, this role needs no more";
  }
  if (errno === UNIQUE_VIOLATION) {
    return "Nothing of it is applied. docs/postgres.md says how to find the rows that are in the way";
  }
  if (errno === READ_ONLY) return "Set DATABASE_URL to the primary";
  if (LOCKED.includes(errno)) {
    return "End the transaction that holds the lock, which pg_stat_activity shows, and try again";
  }
  return concurrently
    ? "The next attempt replaces the index that it may have left"
    : "Nothing of it is applied";
}
