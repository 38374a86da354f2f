/** What happens when the files of a database are removed while a process has it open. */
import { Database as Sqlite } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../../tests/support/folders.ts";
import { DatabaseUnavailable, type Migration } from "./database.ts";
import { openSqlite } from "./sqlite.ts";

const THINGS: Migration = {
  version: 1,
  name: "things",
  sql: "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY)",
};

async function openFile(folder: string) {
  const path = join(folder, "test.db");
  const database = await openSqlite(path);
  await database.migrate([THINGS]);
  const write = (id: string) =>
    database.write([{ text: "INSERT INTO things (id) VALUES ($1)", values: [id] }]);
  const ids = async () =>
    (await database.read("SELECT id FROM things ORDER BY id", [])).map(({ id }) => id);
  return { path, database, write, ids };
}

const errorOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

/** Replaces the file with a copy, which is another file. */
function replace(path: string): void {
  copyFileSync(path, `${path}.copy`);
  renameSync(`${path}.copy`, path);
}

/** Deletes the file and creates an empty one. */
function remake(path: string): void {
  unlinkSync(path);
  writeFileSync(path, "");
}

const TAKEN: [string, (path: string) => void][] = [
  ["the file is deleted", (path) => unlinkSync(path)],
  ["the file is moved away", (path) => renameSync(path, `${path}.away`)],
  ["the file is replaced by a copy", replace],
  ["the log is deleted", (path) => unlinkSync(`${path}-wal`)],
  ["the log is replaced by a copy", (path) => replace(`${path}-wal`)],
  ["the index of the log is deleted", (path) => unlinkSync(`${path}-shm`)],
  ["the index of the log is replaced by a copy", (path) => replace(`${path}-shm`)],
  ["the index of the log is deleted and made again", (path) => remake(`${path}-shm`)],
  [
    "the file and the log are deleted",
    (path) => ["", "-wal"].forEach((end) => unlinkSync(path + end)),
  ],
];

describe.each(TAKEN)("When %s", (_what, take) => {
  test("the database acknowledges no write and is not ready", async () => {
    using folder = temporaryFolder();
    const { path, database, write } = await openFile(folder.path);
    await write("before");
    await database.ping();
    take(path);
    const outcomes = await Promise.all([write("1"), write("2")].map(errorOf));
    for (const error of outcomes) expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect(await errorOf(write("3"))).toBeInstanceOf(DatabaseUnavailable);
    expect(await errorOf(database.ping())).toBeInstanceOf(DatabaseUnavailable);
    await database.close();
  });
});

test.each(TAKEN)(
  "When %s before the first write of a process, it is not ready and acknowledges none",
  async (_what, take) => {
    using folder = temporaryFolder();
    const { path, database, write } = await openFile(folder.path);
    take(path);
    expect(await errorOf(database.ping())).toBeInstanceOf(DatabaseUnavailable);
    expect(await errorOf(write("1"))).toBeInstanceOf(DatabaseUnavailable);
    await database.close();
  },
);

test.each([
  ["the log is emptied", "-wal", () => 0],
  ["the log loses its last byte", "-wal", (bytes: number) => bytes - 1],
  ["the file is emptied", "", () => 0],
  ["the file loses its last page", "", (bytes: number) => bytes - 4096],
])("When %s in place, no process acknowledges a write or is ready", async (_what, end, left) => {
  using folder = temporaryFolder();
  const { path, database, write } = await openFile(folder.path);
  // This process only knows from the index what is in the log.
  const idle = await openFile(folder.path);
  await write("x".repeat(20_000));
  if (end === "") {
    const other = new Sqlite(path);
    other.run("PRAGMA wal_checkpoint(PASSIVE)");
    other.close();
    await Promise.all([database.ping(), idle.database.ping()]);
  }
  const whole = statSync(path + end).size;
  truncateSync(path + end, left(whole));
  for (const process of [idle, { database, write }]) {
    expect(await errorOf(process.database.ping())).toBeInstanceOf(DatabaseUnavailable);
    expect(await errorOf(process.write("late"))).toBeInstanceOf(DatabaseUnavailable);
    await process.database.close();
  }
});

/** Runs a script with the opened `database` in another process, and returns what it prints. */
function elsewhere(path: string, script: string): string {
  const whole = `
    import { openSqlite } from ${JSON.stringify(join(import.meta.dir, "sqlite.ts"))};
    const database = await openSqlite(process.argv[1]);
    ${script}
    await database.close();`;
  const words = [process.execPath, "-e", whole, path];
  const { stdout, exitCode } = Bun.spawnSync(words, { stderr: "inherit" });
  expect(exitCode).toBe(0);
  return stdout.toString();
}

test("A process that lost the index of the log spoils no write of one that opened it later", async () => {
  using folder = temporaryFolder();
  const old = await openFile(folder.path);
  await old.write("old");
  unlinkSync(`${old.path}-shm`);
  elsewhere(
    old.path,
    `for (let id = 0; id < 2_000; id += 1) {
      const text = "INSERT INTO things (id) VALUES ($1)";
      void database.write([{ text, values: ["new " + id] }]);
      if (id % 2 === 0) await database.ping();
    }
    await database.ping();`,
  );
  expect(await errorOf(old.write("late"))).toBeInstanceOf(DatabaseUnavailable);
  expect(await errorOf(old.database.ping())).toBeInstanceOf(DatabaseUnavailable);
  expect(await old.ids()).toContain("old");
  await old.database.close();
  const found = elsewhere(
    old.path,
    `const [{ count }] = database.read("SELECT count(*) AS count FROM things", []);
    const [{ integrity_check: check }] = database.read("PRAGMA integrity_check", []);
    console.log(count, check);`,
  );
  expect(found).toBe("2001 ok\n");
});

test("A VACUUM by another process does not count as a truncated file", async () => {
  using folder = temporaryFolder();
  const { path, database, write, ids } = await openFile(folder.path);
  await write("x".repeat(200_000));
  const other = new Sqlite(path);
  for (const statement of ["PRAGMA wal_checkpoint(TRUNCATE)", "DELETE FROM things"]) {
    other.run(statement);
  }
  await database.ping();
  const before = statSync(path).size;
  for (const statement of ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"]) other.run(statement);
  other.close();
  expect(statSync(path).size).toBeLessThan(before);
  await write("after");
  await database.ping();
  expect(await ids()).toEqual(["after"]);
  await database.close();
});

test("Reads continue without the file", async () => {
  using folder = temporaryFolder();
  const { path, database, write, ids } = await openFile(folder.path);
  await write("before");
  unlinkSync(path);
  await errorOf(write("after"));
  expect(await ids()).toContain("before");
  await database.close();
});

test("Writes continue after the file is put back", async () => {
  using folder = temporaryFolder();
  const { path, database, write, ids } = await openFile(folder.path);
  await write("before");
  renameSync(path, `${path}.away`);
  expect(await errorOf(write("lost"))).toBeInstanceOf(DatabaseUnavailable);
  // The process does not write to a file that it knows is gone.
  expect(await errorOf(write("refused"))).toBeInstanceOf(DatabaseUnavailable);
  renameSync(`${path}.away`, path);
  await database.ping();
  await write("after");
  expect(await ids()).not.toContain("refused");
  expect(await ids()).toContain("after");
  await database.close();
});

test("A new file at the same path keeps its log when the old file is closed", async () => {
  using folder = temporaryFolder();
  const old = await openFile(folder.path);
  await old.write("old");
  for (const end of ["", "-wal", "-shm"]) unlinkSync(old.path + end);
  const restored = await openFile(folder.path);
  await restored.write("new");
  await old.database.close();
  expect(existsSync(`${old.path}-wal`)).toBe(true);
  const other = new Sqlite(old.path, { readonly: true });
  expect(other.query("SELECT id FROM things").all()).toEqual([{ id: "new" }]);
  other.close();
  await restored.database.close();
});

test("A checkpoint by another process does not count as a lost log", async () => {
  using folder = temporaryFolder();
  const { path, database, write, ids } = await openFile(folder.path);
  await write("1");
  const other = new Sqlite(path);
  other.run("INSERT INTO things (id) VALUES ('2')");
  other.run("PRAGMA wal_checkpoint(TRUNCATE)");
  other.close();
  await write("3");
  await database.ping();
  expect(await ids()).toEqual(["1", "2", "3"]);
  await database.close();
});

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("Opening a database", () => {
  test("creates a folder, file, log and index that only the owner can access", async () => {
    using folder = temporaryFolder();
    const inside = join(folder.path, "made", "here");
    const { path, database, write } = await openFile(inside);
    await write("1");
    expect([join(folder.path, "made"), inside].map(modeOf)).toEqual(["700", "700"]);
    expect(["", "-wal", "-shm"].map((end) => modeOf(path + end))).toEqual(["600", "600", "600"]);
    await database.close();
  });

  test("does not change the permissions of an existing folder and file", async () => {
    using folder = temporaryFolder();
    const inside = join(folder.path, "there");
    mkdirSync(inside, { mode: 0o750 });
    writeFileSync(join(inside, "test.db"), "", { mode: 0o640 });
    const { path, database } = await openFile(inside);
    expect([inside, path].map(modeOf)).toEqual(["750", "640"]);
    await database.close();
  });
});
