/** The last writes of a database decide whether it is ready. */
import { Database as Sqlite } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../../tests/support/folders.ts";
import { type Database, DatabaseUnavailable, type Migration, UniqueViolation } from "./database.ts";
import { openSqlite } from "./sqlite.ts";

const THINGS: Migration = {
  version: 1,
  name: "things",
  sql: "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, note TEXT)",
};

async function openFile(folder: string) {
  const path = join(folder, "test.db");
  let now = 0;
  const database = await openSqlite(path, { now: () => now });
  await database.migrate([THINGS]);
  return { path, database, pass: (ms: number) => void (now += ms) };
}

const insert = (id: string, note = "") => ({
  text: "INSERT INTO things (id, note) VALUES ($1, $2)",
  values: [id, note],
});
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const isReady = async (database: Database) => (await errorOf(database.ping())) === undefined;

/** Limits the database to its current number of pages. */
async function fill(database: Database) {
  const [row] = await database.read("PRAGMA page_count", []);
  await database.read(`PRAGMA max_page_count = ${Number(row?.["page_count"])}`, []);
}
const makeRoom = (database: Database) => database.read("PRAGMA max_page_count = 1000000", []);
const large = insert("large", "x".repeat(50_000));

const frames = (path: string) => readFileSync(`${path}-wal`).length;

describe("A database without free space", () => {
  test("is not ready, but can be read", async () => {
    using folder = temporaryFolder();
    const { database } = await openFile(folder.path);
    await database.write([insert("1")]);
    await fill(database);
    expect(await errorOf(database.write([large]))).toBeInstanceOf(DatabaseUnavailable);
    expect(await errorOf(database.ping())).toBeInstanceOf(DatabaseUnavailable);
    expect(await database.read("SELECT id FROM things", [])).toEqual([{ id: "1" }]);
    await database.close();
  });

  test("becomes ready when there is room for what failed, two seconds later", async () => {
    using folder = temporaryFolder();
    const { path, database, pass } = await openFile(folder.path);
    await fill(database);
    await errorOf(database.write([large]));
    const before = frames(path);
    pass(2_000);
    // A smaller write than the one that failed would succeed.
    expect(await isReady(database)).toBe(false);
    await database.write([insert("1")]);
    pass(2_000);
    expect(await isReady(database)).toBe(false);
    await makeRoom(database);
    pass(1_999);
    expect(await Promise.all([isReady(database), isReady(database)])).toEqual([false, false]);
    pass(1);
    expect(await isReady(database)).toBe(true);
    expect(frames(path) - before).toBeGreaterThan(50_000 - 4_096 * 4);
    expect(await database.read("SELECT id FROM things", [])).toEqual([{ id: "1" }]);
    await database.close();
  });

  test("gets at most one test write in two seconds, however many callers ask", async () => {
    using folder = temporaryFolder();
    const { database, pass } = await openFile(folder.path);
    await fill(database);
    await errorOf(database.write([large]));
    await makeRoom(database);
    pass(2_000);
    await fill(database);
    expect(await isReady(database)).toBe(false);
    await makeRoom(database);
    const answers = await Promise.all(Array.from({ length: 20 }, () => isReady(database)));
    expect(answers).not.toContain(true);
    pass(2_000);
    expect(await isReady(database)).toBe(true);
    await database.close();
  });
});

test("A database is not ready while a table is missing, though others can be written", async () => {
  using folder = temporaryFolder();
  const { path, database, pass } = await openFile(folder.path);
  const other = new Sqlite(path);
  other.run("CREATE TABLE others (id TEXT)");
  other.run("DROP TABLE things");
  expect(await errorOf(database.write([insert("1")]))).toBeInstanceOf(DatabaseUnavailable);
  expect(await isReady(database)).toBe(false);
  await database.write([{ text: "INSERT INTO others (id) VALUES ($1)", values: ["1"] }]);
  pass(2_000);
  expect(await isReady(database)).toBe(false);
  other.run(THINGS.sql);
  pass(2_000);
  expect(await isReady(database)).toBe(true);
  expect(await database.read("SELECT id FROM things", [])).toEqual([]);
  other.close();
  await database.close();
});

test("A ready database gets no test write", async () => {
  using folder = temporaryFolder();
  const { path, database, pass } = await openFile(folder.path);
  await database.write([insert("1")]);
  const before = frames(path);
  pass(60_000);
  expect(await isReady(database)).toBe(true);
  expect(frames(path)).toBe(before);
  await database.close();
});

test("A database stays ready after a lock timeout and after a conflicting row", async () => {
  using folder = temporaryFolder();
  const { path, database, pass } = await openFile(folder.path);
  await database.write([insert("1")]);
  expect(await errorOf(database.write([insert("1")]))).toBeInstanceOf(UniqueViolation);
  expect(await isReady(database)).toBe(true);
  const other = new Sqlite(path);
  other.run("BEGIN IMMEDIATE");
  const write = errorOf(database.write([insert("2")]));
  // The lock timeout.
  pass(2_000);
  expect(await write).toBeInstanceOf(DatabaseUnavailable);
  expect(await isReady(database)).toBe(true);
  other.close();
  await database.close();
});

test("A database with a damaged page is not ready until it is repaired", async () => {
  using folder = temporaryFolder();
  const { path, database } = await openFile(folder.path);
  await database.write([insert("1")]);
  const [index] = await database.read(
    "SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'things' AND type = 'index'",
    [],
  );
  const [{ page_size: pageBytes } = {}] = await database.read("PRAGMA page_size", []);
  await database.close();
  const bytes = readFileSync(path);
  const at = (Number(index?.["rootpage"]) - 1) * Number(pageBytes);
  writeFileSync(path, bytes.fill(0xff, at, at + 100));

  let now = 0;
  const damaged = await openSqlite(path, { now: () => now });
  expect(await isReady(damaged)).toBe(true);
  expect(await errorOf(damaged.write([insert("2")]))).toBeInstanceOf(DatabaseUnavailable);
  expect(await isReady(damaged)).toBe(false);
  now += 60_000;
  expect(await isReady(damaged)).toBe(false);
  expect(await damaged.read("SELECT note FROM things NOT INDEXED", [])).toEqual([{ note: "" }]);
  await damaged.close();
});
