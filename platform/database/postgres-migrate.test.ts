/** How migrations on Postgres wait for others. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { SQL } from "bun";

import { ENGINE_TIMEOUT_MS } from "../../tests/support/engines.ts";
import { createDatabase } from "../../tests/support/postgres.ts";
import { DatabaseError, type Migration } from "./database.ts";
import { migrate, type MigrateOptions } from "./postgres-migrate.ts";
import { openPostgres } from "./postgres.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const THINGS: Migration = {
  version: 1,
  name: "things",
  sql: "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY)",
};
const COLOUR: Migration = {
  version: 2,
  name: "colour",
  sql: "ALTER TABLE things ADD COLUMN colour TEXT",
};
const BOTH = [THINGS, COLOUR];

async function openFresh() {
  const fresh = await createDatabase();
  const sql = new SQL(fresh.url, { max: 4 });
  const openAnother = () => new SQL(fresh.url, { max: 1 });
  const common = { place: "the database", openAnother };
  await migrate(sql, { migrations: [THINGS], ...common, say() {} });
  const lines: string[] = [];
  const heard: ((line: string) => void)[] = [];
  return {
    url: fresh.url,
    sql,
    lines,
    /** Calls back with each further line. */
    hear: (listener: (line: string) => void) => void heard.push(listener),
    start: (options: Partial<MigrateOptions>) =>
      migrate(sql, {
        migrations: BOTH,
        ...common,
        lockTimeoutMs: 50,
        pauseMs: 20,
        ...options,
        say(line) {
          lines.push(line);
          for (const listener of heard) listener(line);
        },
      }),
    async [Symbol.asyncDispose]() {
      await sql.close();
      await fresh[Symbol.asyncDispose]();
    },
  };
}

/** Reads the table in a transaction that stays open, until the returned function is called. */
async function hold(sql: SQL): Promise<() => Promise<void>> {
  const connection = await sql.reserve();
  await connection`BEGIN`;
  await connection`SELECT id FROM things`;
  return async () => {
    await connection`COMMIT`;
    connection.release();
  };
}

test("A migration waits for a lock again and again, and says so", async () => {
  await using fresh = await openFresh();
  const release = await hold(fresh.sql);
  fresh.hear((line) => {
    if (line.includes("attempt 3 of")) void release();
  });
  expect(await fresh.start({})).toEqual([COLOUR]);
  expect(fresh.lines.slice(0, 4)).toEqual([
    "applying migration 2 colour",
    "migration 2 colour could not lock its table: attempt 1 of 10",
    "migration 2 colour could not lock its table: attempt 2 of 10",
    "migration 2 colour could not lock its table: attempt 3 of 10",
  ]);
});

test("Readers get past a migration that waits, while the lock is still held", async () => {
  await using fresh = await openFresh();
  const release = await hold(fresh.sql);
  const reads: Promise<unknown>[] = [];
  const waiting = Promise.withResolvers<void>();
  fresh.hear((line) => {
    // The first read arrives while the migration waits, the others in its pauses.
    reads.push(fresh.sql`SELECT id FROM things`.execute());
    if (line.includes("attempt 3 of")) waiting.resolve();
  });
  const migrated = fresh.start({});
  await waiting.promise;
  expect(await Promise.all(reads)).toHaveLength(4);
  await release();
  expect(await migrated).toEqual([COLOUR]);
});

test("A migration that never gets its lock fails after ten attempts, and changes nothing", async () => {
  await using fresh = await openFresh();
  const release = await hold(fresh.sql);
  const error = await fresh.start({ lockTimeoutMs: 5, pauseMs: 1 }).catch((one) => one);
  expect(error).toBeInstanceOf(DatabaseError);
  expect(error.message).toBe(
    "Cannot apply migration 2 colour in the database: canceling statement due to lock timeout. " +
      "End the transaction that holds the lock, which pg_stat_activity shows, and try again",
  );
  expect(fresh.lines).toHaveLength(10);
  await release();
  expect([...(await fresh.sql`SELECT version FROM schema_migrations`)]).toEqual([{ version: "1" }]);
  expect(await fresh.start({})).toEqual([COLOUR]);
});

test("A process that waits for another one's migration says so, and applies nothing itself", async () => {
  await using fresh = await openFresh();
  const release = await hold(fresh.sql);
  const first = fresh.start({ lockTimeoutMs: 5_000 });
  const waits = Promise.withResolvers<string>();
  fresh.hear((line) => {
    if (line.startsWith("waiting")) waits.resolve(line);
  });
  // The first one has the turn from here on.
  const isWaiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'things'::regclass";
  while ((await fresh.sql.unsafe(isWaiting)).length === 0) await Bun.sleep(1);
  const second = fresh.start({});
  expect(await waits.promise).toBe("waiting for another process, which is migrating");
  await release();
  expect(await Promise.all([first, second])).toEqual([[COLOUR], []]);
});

test("A migration that fails is named, and the ones before it stay", async () => {
  await using fresh = await openFresh();
  const broken = { version: 3, name: "broken", sql: "SELECT 1; INSERT INTO nowhere VALUES (1)" };
  const error = await fresh.start({ migrations: [...BOTH, broken] }).catch((one) => one);
  expect(error.message).toBe(
    'Cannot apply migration 3 broken in the database: relation "nowhere" does not exist. ' +
      "Nothing of it is applied",
  );
  expect(await fresh.start({})).toEqual([]);
});

test("A schema is read while another process changes the columns of its table", async () => {
  await using fresh = await createDatabase();
  const database = await openPostgres(`${fresh.url}?pool_max=1`);
  expect(await database.schema([THINGS])).toEqual({ version: 0, pending: [THINGS] });
  const first =
    "version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL";
  await using sql = new SQL(fresh.url, { max: 1 });
  await sql.unsafe(`CREATE TABLE schema_migrations (${first})`);
  expect(await database.schema([THINGS])).toEqual({ version: 0, pending: [THINGS] });
  await sql.unsafe("ALTER TABLE schema_migrations ADD COLUMN admits_from BIGINT");
  expect(await database.schema([THINGS])).toEqual({ version: 0, pending: [THINGS] });
  await database.close();
});
