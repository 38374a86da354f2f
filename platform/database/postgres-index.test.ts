/** Indexes that are built while others write. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { SQL } from "bun";

import { ENGINE_TIMEOUT_MS, ENGINES, freshDatabase } from "../../tests/support/engines.ts";
import { createDatabase } from "../../tests/support/postgres.ts";
import { DatabaseError, type Migration } from "./database.ts";
import { openPostgres } from "./postgres.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const THINGS: Migration = {
  version: 1,
  name: "things",
  sql: "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, colour TEXT)",
};
const BY_COLOUR: Migration = {
  version: 2,
  name: "by_colour",
  sql: "-- For the list.\nCREATE INDEX things_by_colour ON things (colour, id) WHERE id <> '';\n",
  concurrently: true,
};
const BOTH = [THINGS, BY_COLOUR];

const INDEXES = `
  SELECT indexrelid::regclass::text AS name, indisvalid AS valid FROM pg_index
  WHERE indrelid = 'things'::regclass AND NOT indisprimary`;

async function openFresh() {
  const fresh = await createDatabase();
  const sql = new SQL(fresh.url, { max: 4 });
  const open = () => openPostgres(fresh.url);
  const database = await open();
  await database.migrate([THINGS]);
  const lines: string[] = [];
  return {
    url: fresh.url,
    sql,
    open,
    lines,
    database,
    migrate: (migrations = BOTH) => database.migrate(migrations, (line) => lines.push(line)),
    indexes: async () => [...(await sql.unsafe(INDEXES))],
    async [Symbol.asyncDispose]() {
      await database.close();
      await sql.close();
      await fresh[Symbol.asyncDispose]();
    },
  };
}

/** A transaction that has written to the table, and that a build of an index waits for. */
async function startWriting(sql: SQL, id: string) {
  const connection = await sql.reserve();
  await connection`BEGIN`;
  await connection`INSERT INTO things (id) VALUES (${id})`;
  return async () => {
    await connection`COMMIT`;
    connection.release();
  };
}

const BUILDS = `
  SELECT pid FROM pg_stat_progress_create_index
  WHERE relid = 'things'::regclass AND phase LIKE 'waiting for writers%'`;
/** Resolves when a build waits for transactions that write. */
async function building(sql: SQL): Promise<number> {
  for (;;) {
    const [row] = await sql.unsafe<{ pid: number }[]>(BUILDS);
    if (row) return row.pid;
    await new Promise(setImmediate);
  }
}

test.each(ENGINES)("A concurrent migration has the same text on %s", async (engine) => {
  await using fresh = await freshDatabase(engine, BOTH);
  expect(await fresh.database.schema(BOTH)).toEqual({ version: 2, pending: [] });
  const create = "CREATE INDEX things_by_colour ON things (id)";
  const again = fresh.database.write([{ text: create, values: [] }]);
  await expect(again).rejects.toThrow("already exists");
});

test("Others read and write the table while its index is built, also those of the pool", async () => {
  await using fresh = await openFresh();
  const end = await startWriting(fresh.sql, "before");
  const migrated = fresh.migrate();
  await building(fresh.sql);
  await fresh.sql`INSERT INTO things (id) VALUES ('during')`;
  await fresh.sql`UPDATE things SET colour = 'red' WHERE id = 'during'`;
  await end();
  expect(await migrated).toEqual([BY_COLOUR]);
  expect(await fresh.indexes()).toEqual([{ name: "things_by_colour", valid: true }]);
  const found = await fresh.database.read("SELECT id FROM things WHERE colour = $1", ["red"]);
  expect(found).toEqual([{ id: "during" }]);
});

test("Two processes that start at once build it once", async () => {
  await using fresh = await openFresh();
  const other = await fresh.open();
  const end = await startWriting(fresh.sql, "before");
  const first = fresh.migrate();
  await building(fresh.sql);
  const waits = Promise.withResolvers<string>();
  const second = other.migrate(BOTH, waits.resolve);
  expect(await waits.promise).toBe("waiting for another process, which is migrating");
  await end();
  expect(await Promise.all([first, second])).toEqual([[BY_COLOUR], []]);
  expect(await fresh.indexes()).toEqual([{ name: "things_by_colour", valid: true }]);
  await other.close();
});

test("A build that goes on although its process is gone is waited for, and kept", async () => {
  await using fresh = await openFresh();
  const end = await startWriting(fresh.sql, "before");
  // Its own connection, as if the process that had the turn were gone.
  const orphan = new SQL(fresh.url, { max: 1 });
  const text = "CREATE INDEX CONCURRENTLY things_by_colour ON things (colour, id) WHERE id <> ''";
  const built = orphan.unsafe(text).simple().execute();
  await building(fresh.sql);
  const before = await fresh.indexes();
  expect(before).toEqual([{ name: "things_by_colour", valid: false }]);
  const waits = Promise.withResolvers<void>();
  const migrated = fresh.database.migrate(BOTH, (line) => {
    fresh.lines.push(line);
    if (line.startsWith("waiting")) waits.resolve();
  });
  await waits.promise;
  await end();
  await built;
  await orphan.close();
  expect(await migrated).toEqual([BY_COLOUR]);
  expect(fresh.lines.slice(0, 2)).toEqual([
    "applying migration 2 by_colour",
    "waiting for another process, which is migrating",
  ]);
});

test("What an interrupted build left is replaced", async () => {
  await using fresh = await openFresh();
  const end = await startWriting(fresh.sql, "before");
  const failed = fresh.migrate().catch((error: unknown) => error);
  await fresh.sql`SELECT pg_cancel_backend(${await building(fresh.sql)})`;
  const error = (await failed) as Error;
  expect(error).toBeInstanceOf(DatabaseError);
  expect(error.message).toEndWith("The next attempt replaces the index that it may have left");
  expect(await fresh.indexes()).toEqual([{ name: "things_by_colour", valid: false }]);
  expect(await fresh.database.schema(BOTH)).toEqual({ version: 1, pending: [BY_COLOUR] });
  await end();
  expect(await fresh.migrate()).toEqual([BY_COLOUR]);
  expect(await fresh.indexes()).toEqual([{ name: "things_by_colour", valid: true }]);
});

test("It does not wait for itself where transactions keep their snapshot", async () => {
  await using fresh = await openFresh();
  const [row] = await fresh.sql`SELECT current_user AS name`;
  const level = "SET default_transaction_isolation = 'serializable'";
  await fresh.sql.unsafe(`ALTER ROLE ${row?.name} ${level}`);
  const another = await fresh.open();
  expect(await another.migrate(BOTH)).toEqual([BY_COLOUR]);
  await another.close();
});

test.each([
  "CREATE TABLE others (id TEXT)",
  "CREATE INDEX a ON things (id); CREATE INDEX b ON things (id)",
  "CREATE INDEX IF NOT EXISTS a ON things (id)",
])("A concurrent migration with %j fails", async (sql) => {
  await using fresh = await openFresh();
  const migrated = fresh.migrate([THINGS, { ...BY_COLOUR, sql }]);
  await expect(migrated).rejects.toThrow("is not one CREATE INDEX");
});
