/** Whether Postgres is ready: judged by what failed last. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { SQL } from "bun";

import {
  type Database,
  DatabaseUnavailable,
  type Statement,
  UniqueViolation,
} from "../../platform/database/database.ts";
import { openPostgres } from "../../platform/database/postgres.ts";
import type { MaybePromise } from "../../platform/process/and-then.ts";
import { ENGINE_TIMEOUT_MS } from "../support/engines.ts";
import { createDatabase, type PostgresServer, startPostgres } from "../support/postgres.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const THINGS = {
  version: 1,
  name: "things",
  sql: "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, note TEXT)",
};
const insert = (id: string) => ({
  text: "INSERT INTO things (id) VALUES ($1) RETURNING id",
  values: [id],
});
const rename = { text: "UPDATE things SET note = $1 WHERE id = $2", values: ["new", "1"] };

const errorOf = (result: MaybePromise<unknown>): Promise<unknown> =>
  Promise.resolve(result).then(
    () => undefined,
    (error) => error,
  );
const isReady = async (database: Database) => (await errorOf(database.ping())) === undefined;

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

async function openFresh(parameters = "?pool_max=3") {
  const fresh = await createDatabase(server);
  const { username } = new URL(fresh.url);
  let now = 0;
  const database = await openPostgres(`${fresh.url}${parameters}`, { now: () => now });
  await database.migrate([THINGS]);
  await database.write([insert("1")]);
  const administrator = new SQL(server.url, { max: 1 });
  return {
    database,
    /** Executes commands of the administrator, in which $me is the user of the database. */
    async administer(commands: string) {
      const text = `SET search_path = $me; ${commands}`.replaceAll("$me", username);
      await administrator.unsafe(text).simple();
    },
    pass: (ms: number) => void (now += ms),
    async [Symbol.asyncDispose]() {
      await database.close();
      await administrator.close();
      await fresh[Symbol.asyncDispose]();
    },
  };
}

interface Fault {
  spoil: string;
  repair: string;
  unit: Statement;
}
const faults: Record<string, Fault> = {
  "the right to insert is missing": {
    spoil: "REVOKE INSERT ON things FROM $me",
    repair: "GRANT INSERT ON things TO $me",
    unit: insert("2"),
  },
  "the table is missing": {
    spoil: "ALTER TABLE things RENAME TO gone",
    repair: "ALTER TABLE gone RENAME TO things",
    unit: insert("2"),
  },
  "the schema is missing": {
    spoil: "ALTER SCHEMA $me RENAME TO gone",
    repair: "ALTER SCHEMA gone RENAME TO $me",
    unit: insert("2"),
  },
  "a column is missing": {
    spoil: "ALTER TABLE things RENAME note TO gone",
    repair: "ALTER TABLE things RENAME gone TO note",
    unit: rename,
  },
  "an unknown column needs a value": {
    spoil:
      "ALTER TABLE things ADD unknown TEXT NOT NULL DEFAULT ''; ALTER TABLE things ALTER unknown DROP DEFAULT",
    repair: "ALTER TABLE things DROP unknown",
    unit: insert("2"),
  },
  "the table can be written only by a replica": {
    spoil: "CREATE PUBLICATION $me FOR TABLE things; ALTER TABLE things REPLICA IDENTITY NOTHING",
    repair: "DROP PUBLICATION $me",
    unit: rename,
  },
};

test.each(Object.entries(faults))(
  "Postgres is not ready while %s, and ready again afterwards",
  async (_, { spoil, repair, unit }) => {
    await using fresh = await openFresh();
    const { database, administer, pass } = fresh;
    await administer(spoil);
    expect(await errorOf(database.write([unit]))).toBeInstanceOf(DatabaseUnavailable);
    expect(await isReady(database)).toBe(false);
    pass(2_000);
    expect(await Promise.all([isReady(database), isReady(database)])).toEqual([false, false]);
    await administer(repair);
    pass(1_999);
    expect(await isReady(database)).toBe(false);
    pass(1);
    expect(await isReady(database)).toBe(true);
    // The test left nothing behind.
    expect(await database.read("SELECT id, note FROM things", [])).toEqual([
      { id: "1", note: null },
    ]);
    expect(await database.write([unit])).toHaveLength(1);
  },
);

test("Other writes that succeed do not make it ready", async () => {
  await using fresh = await openFresh();
  const { database, administer, pass } = fresh;
  await administer("REVOKE INSERT ON things FROM $me");
  await errorOf(database.write([insert("2")]));
  await database.write([rename]);
  pass(2_000);
  expect(await isReady(database)).toBe(false);
  await administer("REVOKE UPDATE ON things FROM $me; GRANT INSERT ON things TO $me");
  await errorOf(database.write([rename]));
  pass(2_000);
  expect(await isReady(database)).toBe(false);
  await administer("GRANT UPDATE ON things TO $me");
  pass(2_000);
  expect(await isReady(database)).toBe(true);
});

test("A row that was written in the meantime is no reason to stay unready", async () => {
  await using fresh = await openFresh();
  const { database, administer, pass } = fresh;
  await administer("REVOKE INSERT ON things FROM $me");
  await errorOf(database.write([insert("2")]));
  await administer("GRANT INSERT ON things TO $me");
  await database.write([insert("2")]);
  pass(2_000);
  expect(await isReady(database)).toBe(true);
});

test("A read that can never succeed makes it unready too", async () => {
  await using fresh = await openFresh();
  const { database, administer, pass } = fresh;
  await administer("REVOKE SELECT ON things FROM $me");
  const read = database.read("SELECT id FROM things WHERE id = $1", ["1"]);
  expect(await errorOf(read)).toBeInstanceOf(DatabaseUnavailable);
  expect(await isReady(database)).toBe(false);
  await administer("GRANT SELECT ON things TO $me");
  pass(2_000);
  expect(await isReady(database)).toBe(true);
});

test("It stays ready after a timeout, a conflicting row and a value that no column takes", async () => {
  await using fresh = await openFresh("?pool_max=3&statement_timeout_ms=50");
  const { database } = fresh;
  const slow = { text: "SELECT pg_sleep(60)::text", values: [] };
  expect(await errorOf(database.write([slow]))).toBeInstanceOf(DatabaseUnavailable);
  expect(await errorOf(database.write([insert("1")]))).toBeInstanceOf(UniqueViolation);
  // A fault of the program: the same request would fail on every replica.
  const error = await errorOf(database.write([insert("\u0000")]));
  expect(error).not.toBeInstanceOf(DatabaseUnavailable);
  expect(error).toBeInstanceOf(Error);
  expect(await isReady(database)).toBe(true);
});
