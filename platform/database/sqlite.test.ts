import { Database as Sqlite } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../../tests/support/folders.ts";
import { type Database, DatabaseUnavailable, type Migration, UniqueViolation } from "./database.ts";
import { openSqlite } from "./sqlite.ts";

const THINGS: Migration = {
  version: 1,
  name: "things",
  sql: "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, place INTEGER)",
};

async function openFile(folder: string) {
  const path = join(folder, "test.db");
  const database = await openSqlite(path);
  await database.migrate([THINGS]);
  return { path, database };
}

const insert = (id: string) => ({
  text: "INSERT INTO things (id, place) SELECT $1, count(*) FROM things RETURNING place",
  values: [id],
});
const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));
const count = async (database: Database) =>
  (await database.read("SELECT count(*) AS count FROM things", []))[0]?.["count"];

/** The commits in the write-ahead log (https://www.sqlite.org/fileformat2.html, 4.1). */
function commitsIn(path: string): number {
  const log = readFileSync(`${path}-wal`);
  const pageBytes = log.readUInt32BE(8);
  const salts = log.toString("hex", 16, 24);
  let commits = 0;
  for (let frame = 32; frame < log.length; frame += 24 + pageBytes) {
    if (log.toString("hex", frame + 8, frame + 16) !== salts) break;
    if (log.readUInt32BE(frame + 4) > 0) commits += 1;
  }
  return commits;
}

test("Writes that arrive together share one commit, in their order", async () => {
  using folder = temporaryFolder();
  const { path, database } = await openFile(folder.path);
  const before = commitsIn(path);
  const places = await Promise.all(numbers(300).map((id) => database.write([insert(id)])));
  expect(places.map(([rows]) => rows?.[0]?.["place"])).toEqual(numbers(300).map(Number));
  expect(commitsIn(path) - before).toBe(1);
  await database.close();
});

test("A commit is bounded, and further writes go into the next one", async () => {
  using folder = temporaryFolder();
  const { path, database } = await openFile(folder.path);
  const before = commitsIn(path);
  await Promise.all(numbers(1_200).map((id) => database.write([insert(id)])));
  expect(commitsIn(path) - before).toBe(3);
  expect(await count(database)).toBe(1_200);
  await database.close();
});

test("Sequential writes have a commit each", async () => {
  using folder = temporaryFolder();
  const { path, database } = await openFile(folder.path);
  const before = commitsIn(path);
  for (const id of numbers(3)) await database.write([insert(id)]);
  expect(commitsIn(path) - before).toBe(3);
  await database.close();
});

test("A write resolves only when it is in the file", async () => {
  using folder = temporaryFolder();
  const { path, database } = await openFile(folder.path);
  const other = new Sqlite(path, { readonly: true });
  const seen = () => other.query("SELECT count(*) AS count FROM things").get();
  const written = database.write([insert("1")]);
  expect(seen()).toEqual({ count: 0 });
  await written;
  expect(seen()).toEqual({ count: 1 });
  other.close();
  await database.close();
});

test("A failing unit among many is rolled back without the others", async () => {
  using folder = temporaryFolder();
  const { path, database } = await openFile(folder.path);
  await database.write([insert("taken")]);
  const before = commitsIn(path);
  const outcomes = await Promise.allSettled(
    numbers(100).map((id) =>
      database.write(Number(id) % 10 === 0 ? [insert(id), insert("taken")] : [insert(id)]),
    ),
  );
  const failed = outcomes.filter((outcome) => outcome.status === "rejected");
  expect(failed).toHaveLength(10);
  for (const { reason } of failed) expect(reason).toBeInstanceOf(UniqueViolation);
  expect(await count(database)).toBe(91);
  expect(commitsIn(path) - before).toBe(1);
  await database.close();
});

test("Reads between writes return immediately, and see only committed rows", async () => {
  using folder = temporaryFolder();
  const { database } = await openFile(folder.path);
  const written = database.write([insert("1")]);
  // Rows, not a promise.
  expect(database.read("SELECT id FROM things", [])).toEqual([]);
  await written;
  expect(database.read("SELECT id FROM things", [])).toEqual([{ id: "1" }]);
  await database.close();
});

test("Writes wait while another process holds the lock, and reads do not", async () => {
  using folder = temporaryFolder();
  const { path, database } = await openFile(folder.path);
  const other = new Sqlite(path);
  other.run("BEGIN IMMEDIATE");
  let done = 0;
  const writes = numbers(10).map((id) => database.write([insert(id)]).then(() => (done += 1)));
  // Enough turns of the event loop for several attempts to get the lock.
  for (let turn = 0; turn < 5; turn += 1) {
    expect(await count(database)).toBe(0);
    await Bun.sleep(10);
  }
  expect(done).toBe(0);
  other.run("COMMIT");
  await Promise.all(writes);
  expect(await count(database)).toBe(10);
  other.close();
  await database.close();
});

test("A write fails with DatabaseUnavailable if the lock is not released", async () => {
  using folder = temporaryFolder();
  const { path, database } = await openFile(folder.path);
  const other = new Sqlite(path);
  other.run("BEGIN IMMEDIATE");
  const error = await database.write([insert("1")]).catch((error) => error);
  expect(error).toBeInstanceOf(DatabaseUnavailable);
  other.run("ROLLBACK");
  expect(await count(database)).toBe(0);
  await database.write([insert("2")]);
  other.close();
  await database.close();
});

test("A full database rejects only writes that need more space", async () => {
  using folder = temporaryFolder();
  const { database } = await openFile(folder.path);
  const pages = await database.read("PRAGMA page_count", []);
  await database.read(`PRAGMA max_page_count = ${Number(pages[0]?.["page_count"]) + 2}`, []);
  const large = { text: "INSERT INTO things (id) VALUES ($1)", values: ["x".repeat(50_000)] };
  const [first, second, third] = await Promise.allSettled([
    database.write([insert("1")]),
    database.write([large]),
    database.write([insert("2")]),
  ]);
  expect([first.status, third.status]).toEqual(["fulfilled", "fulfilled"]);
  expect(second).toMatchObject({ status: "rejected", reason: { name: "DatabaseUnavailable" } });
  expect(await count(database)).toBe(2);
  await database.read("PRAGMA max_page_count = 1000000", []);
  await database.write([large]);
  expect(await count(database)).toBe(3);
  await database.close();
});

test("A write is on disk (WAL, synchronous FULL), and close removes the log", async () => {
  using folder = temporaryFolder();
  const { path, database } = await openFile(folder.path);
  const setting = async (name: string) =>
    Object.values((await database.read(`PRAGMA ${name}`, []))[0] ?? {})[0];
  expect(await setting("journal_mode")).toBe("wal");
  expect(await setting("synchronous")).toBe(2);
  expect(await setting("fullfsync")).toBe(1);
  expect(await setting("foreign_keys")).toBe(1);
  await database.write([insert("1")]);
  await database.close();
  expect(await Bun.file(`${path}-wal`).exists()).toBe(false);
  const again = new Sqlite(path);
  expect(again.query("SELECT id FROM things").all()).toEqual([{ id: "1" }]);
  expect(again.query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
  again.close();
});
