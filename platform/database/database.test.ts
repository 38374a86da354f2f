import { describe, expect, setDefaultTimeout, test } from "bun:test";

import {
  ENGINE_TIMEOUT_MS,
  ENGINES,
  freshDatabase,
  freshUrl,
} from "../../tests/support/engines.ts";
import { type Database, type Migration, UniqueViolation } from "./database.ts";
import { openDatabase } from "./open-database.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const THINGS: Migration = {
  version: 1,
  name: "things",
  sql: `
    CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, size BIGINT, note TEXT);
    CREATE INDEX things_by_size ON things (size);`,
};
const MORE: Migration = {
  version: 2,
  name: "more",
  sql: "ALTER TABLE things ADD COLUMN colour TEXT; UPDATE things SET colour = 'red';",
  admitsFrom: 1,
};
const BROKEN: Migration = {
  version: 2,
  name: "broken",
  sql: "CREATE TABLE others (id TEXT); INSERT INTO nowhere (id) VALUES ('1')",
};

const INSERT = "INSERT INTO things (id, size, note) VALUES ($1, $2, $3) RETURNING id, size";
const insert = (id: string, size: number | null = null, note: string | null = null) => ({
  text: INSERT,
  values: [id, size, note],
});
const APPLIED = "SELECT version, name FROM schema_migrations ORDER BY version";
const ids = async (database: Database) =>
  (await database.read("SELECT id FROM things ORDER BY id", [])).map(({ id }) => id);

test("A URL of any other engine is rejected", async () => {
  await expect(openDatabase("mysql://localhost/things")).rejects.toThrow(
    "DATABASE_URL: expected sqlite://path or postgres://user:password@host/name",
  );
});

describe.each(ENGINES)("A database on %s", (engine) => {
  test("keeps numbers, text and null unchanged", async () => {
    await using fresh = await freshDatabase(engine, [THINGS]);
    const { database } = fresh;
    const [rows] = await database.write([insert("1", Number.MAX_SAFE_INTEGER, "20 – ₂₀ 😀 '\\")]);
    expect(rows).toEqual([{ id: "1", size: Number.MAX_SAFE_INTEGER }]);
    await database.write([insert("2")]);
    const text = "SELECT id, size, note, count(*) OVER () AS total FROM things ORDER BY id";
    expect(await database.read(text, [])).toEqual([
      { id: "1", size: Number.MAX_SAFE_INTEGER, note: "20 – ₂₀ 😀 '\\", total: 2 },
      { id: "2", size: null, note: null, total: 2 },
    ]);
    expect(database.engine).toBe(engine);
  });

  test("returns the rows of each statement in a unit", async () => {
    await using fresh = await freshDatabase(engine, [THINGS]);
    const remove = { text: "DELETE FROM things WHERE id = $1", values: ["1"] };
    expect(await fresh.database.write([insert("1", 5), insert("2", 6), remove])).toEqual([
      [{ id: "1", size: 5 }],
      [{ id: "2", size: 6 }],
      [],
    ]);
    expect(await ids(fresh.database)).toEqual(["2"]);
  });

  test("commits a unit as a whole or not at all", async () => {
    await using fresh = await freshDatabase(engine, [THINGS]);
    const { database } = fresh;
    await database.write([insert("2")]);
    const unit = database.write([insert("1"), insert("2"), insert("3")]);
    expect(await unit.catch((error) => error)).toBeInstanceOf(UniqueViolation);
    expect(await ids(database)).toEqual(["2"]);
    // The connection still works.
    await database.write([insert("1"), insert("3")]);
    expect(await ids(database)).toEqual(["1", "2", "3"]);
  });

  test("commits units that arrive together with units that fail", async () => {
    await using fresh = await freshDatabase(engine, [THINGS]);
    const { database } = fresh;
    const outcomes = await Promise.allSettled([
      database.write([insert("1")]),
      database.write([insert("2"), insert("2")]),
      database.write([insert("3"), insert("4")]),
      database.write([{ text: "INSERT INTO nowhere (id) VALUES ($1)", values: ["5"] }]),
      database.write([insert("6")]),
    ]);
    expect(outcomes.map(({ status }) => status === "fulfilled")).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
    expect(await ids(database)).toEqual(["1", "3", "4", "6"]);
  });

  test("applies migrations once, in order, and records them", async () => {
    await using fresh = await freshDatabase(engine, [THINGS]);
    const { database } = fresh;
    await database.write([insert("1")]);
    expect(await database.migrate([THINGS, MORE])).toEqual([MORE]);
    expect(await database.migrate([THINGS, MORE])).toEqual([]);
    expect(await database.read("SELECT colour FROM things", [])).toEqual([{ colour: "red" }]);
    expect(await database.read(APPLIED, [])).toEqual([
      { version: 1, name: "things" },
      { version: 2, name: "more" },
    ]);
  });

  test("rolls back a migration that fails", async () => {
    await using fresh = await freshDatabase(engine, [THINGS]);
    const { database } = fresh;
    expect(await database.migrate([THINGS, BROKEN]).catch(String)).toContain("nowhere");
    expect(await database.read(APPLIED, [])).toEqual([{ version: 1, name: "things" }]);
    expect(await database.migrate([THINGS, MORE])).toEqual([MORE]);
  });

  test("applies every migration once when ten connections migrate concurrently", async () => {
    await using fresh = await freshUrl(engine);
    const databases = await Promise.all(Array.from({ length: 10 }, () => openDatabase(fresh.url)));
    const applied = await Promise.all(databases.map((one) => one.migrate([THINGS, MORE])));
    expect(applied.flat().toSorted((a, b) => a.version - b.version)).toEqual([THINGS, MORE]);
    await Promise.all(databases.map((one) => one.close()));
  });

  test("is rejected if it belongs to another program", async () => {
    await using fresh = await freshDatabase(engine, [{ ...THINGS, name: "makers" }]);
    await expect(fresh.database.migrate([{ ...THINGS, name: "things" }, MORE])).rejects.toThrow(
      "The database is another program's: its migration 1 is makers, not things. " +
        "Set DATABASE_URL to a database of this program's own",
    );
  });

  test("completes earlier statements when it is closed", async () => {
    await using fresh = await freshUrl(engine);
    const database = await openDatabase(fresh.url);
    await database.migrate([THINGS]);
    const written = Promise.all(["1", "2", "3"].map((id) => database.write([insert(id)])));
    await database.close();
    await written;
    const again = await openDatabase(fresh.url);
    expect(await ids(again)).toEqual(["1", "2", "3"]);
    await again.ping();
    await again.close();
  });
});
