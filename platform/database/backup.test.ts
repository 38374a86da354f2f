import { Database as Sqlite } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { lstatSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../../tests/support/folders.ts";
import { backUp, restore } from "./backup.ts";
import type { Migration } from "./database.ts";
import { openDatabase } from "./open-database.ts";

const migrations: Migration[] = [
  { version: 1, name: "things", sql: "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY)" },
];
const said: string[] = [];
const options = { migrations, progress: (line: string) => void said.push(line) };

let folder: ReturnType<typeof temporaryFolder>;
const path = (name: string) => join(folder.path, name);
const url = (name: string) => `sqlite://${path(name)}`;
const insert = (id: string) => ({ text: "INSERT INTO things (id) VALUES ($1)", values: [id] });

beforeEach(() => {
  folder = temporaryFolder();
  said.length = 0;
});
afterEach(() => folder[Symbol.dispose]());

/** A migrated database with one row for each id, open as in a running service. */
async function running(name: string, ...ids: string[]) {
  const database = await openDatabase(url(name));
  await database.migrate(migrations);
  await database.write(ids.map(insert));
  return database;
}

/** The rows of the database, read without the code under test. */
function contents(name: string) {
  const database = new Sqlite(path(name), { readonly: true });
  const rows = database.query<{ id: string }, []>("SELECT id FROM things ORDER BY id").all();
  const sound = database.query("PRAGMA integrity_check").get();
  database.close();
  return { ids: rows.map(({ id }) => id), sound };
}

const sound = { integrity_check: "ok" };

describe("A backup", () => {
  test("holds everything that an open database has committed, in one file", async () => {
    const database = await running("live.db", "1", "2");
    expect(statSync(path("live.db-wal")).size).toBeGreaterThan(0);
    const sentence = await backUp(url("live.db"), path("copy.db"), options);
    expect(sentence).toMatch(/^backed up \d+\.\d MiB from \S+live\.db to \S+copy\.db in [\d.]+ s$/);
    await database.write([insert("3")]);
    await database.close();
    expect(contents("copy.db")).toEqual({ ids: ["1", "2"], sound });
    expect(contents("live.db").ids).toEqual(["1", "2", "3"]);
    const files = readdirSync(folder.path);
    expect(files.filter((name) => name.startsWith("copy.db"))).toEqual(["copy.db"]);
  });

  test("is private to its owner, and can be read in a read-only folder", async () => {
    await (await running("live.db", "1")).close();
    await backUp(url("live.db"), path("copy.db"), options);
    expect(statSync(path("copy.db")).mode & 0o777).toBe(0o600);
    const { journal_mode: mode } = new Sqlite(path("copy.db"), { readonly: true })
      .query<{ journal_mode: string }, []>("PRAGMA journal_mode")
      .get() as { journal_mode: string };
    expect(mode).toBe("delete");
  });

  test("reports its progress", async () => {
    await (await running("live.db", "1")).close();
    const database = new Sqlite(path("live.db"));
    database.run("CREATE TABLE padding AS SELECT zeroblob(16000000) AS zeros");
    database.close();
    await backUp(url("live.db"), path("copy.db"), options);
    expect(said).toContainEqual(expect.stringMatching(/^copied [1-9]\d? % of 15\.\d MiB$/));
    expect(said.slice(-2)).toEqual(["checking the copy", ""]);
  });

  test("does not overwrite a file", async () => {
    await (await running("live.db", "1")).close();
    await Bun.write(path("copy.db"), "precious");
    const refused = backUp(url("live.db"), path("copy.db"), options);
    await expect(refused).rejects.toThrow(
      `${path("copy.db")} exists. A backup never overwrites a file`,
    );
    expect(await Bun.file(path("copy.db")).text()).toBe("precious");
  });

  test.each(["-wal", "-shm", "-journal"])(
    "does not take the name that SQLite uses for the database's own %s",
    async (end) => {
      await (await running("live.db", "1")).close();
      symlinkSync(folder.path, path("link"));
      for (const name of [`live.db${end}`, `link/live.db${end}`]) {
        const refused = backUp(url("live.db"), path(name), options);
        await expect(refused).rejects.toThrow(`${name} is a name that SQLite uses for`);
      }
      expect(readdirSync(folder.path).toSorted()).toEqual(["link", "live.db"]);
    },
  );

  test.each(["-wal", "-shm", "-journal"])(
    "does not join a file with the suffix %s",
    async (end) => {
      await (await running("live.db", "1")).close();
      await Bun.write(path(`copy.db${end}`), "of another database");
      const refused = backUp(url("live.db"), path("copy.db"), options);
      await expect(refused).rejects.toThrow(
        `copy.db${end} exists. A backup never overwrites a file`,
      );
    },
  );

  test("does not replace a link that leads nowhere", async () => {
    await (await running("live.db", "1")).close();
    symlinkSync(path("unmounted"), path("copy.db"));
    const refused = backUp(url("live.db"), path("copy.db"), options);
    await expect(refused).rejects.toThrow("copy.db exists. A backup never overwrites a file");
    expect(lstatSync(path("copy.db")).isSymbolicLink()).toBe(true);
  });

  test("does not replace a file that is created while it runs", async () => {
    await (await running("live.db", "1")).close();
    const progress = (line: string) => {
      if (line === "checking the copy") writeFileSync(path("copy.db"), "precious");
    };
    const refused = backUp(url("live.db"), path("copy.db"), { migrations, progress });
    await expect(refused).rejects.toThrow("copy.db was created in the meantime");
    expect(readdirSync(folder.path).toSorted()).toEqual(["copy.db", "live.db"]);
    expect(await Bun.file(path("copy.db")).text()).toBe("precious");
  });

  test("fails with ENAMETOOLONG if the name is too long", async () => {
    await (await running("live.db", "1")).close();
    const refused = backUp(url("live.db"), path("x".repeat(250)), options);
    await expect(refused).rejects.toThrow(/^Cannot copy .* ENAMETOOLONG/);
  });

  test.each([
    ["missing", () => {}, "There is no database at "],
    ["not a database", () => Bun.write(path("live.db"), "x".repeat(5_000)), "not a database"],
    ["empty", () => Bun.write(path("live.db"), ""), "is no database of this program"],
    ["another program's", () => other("makers"), "migration 1 is makers, not things"],
    ["damaged", damaged, "is damaged: "],
    ["changed in its schema", renamed, "is damaged: things is missing or changed"],
  ])("fails if the source is %s, and leaves no file", async (_what, make, message) => {
    await make();
    const before = readdirSync(folder.path).toSorted();
    await expect(backUp(url("live.db"), path("copy.db"), options)).rejects.toThrow(message);
    expect(readdirSync(folder.path).toSorted()).toEqual(before);
  });

  test("compares an index with its table only on request", async () => {
    await unindexed();
    const refused = backUp(url("live.db"), path("full.db"), { ...options, fullCheck: true });
    await expect(refused).rejects.toThrow("is damaged: ");
    await backUp(url("live.db"), path("copy.db"), options);
    expect(readdirSync(folder.path).toSorted()).toEqual(["copy.db", "live.db"]);
  });

  test("fails with ENOENT if the target folder is missing", async () => {
    await (await running("live.db", "1")).close();
    const refused = backUp(url("live.db"), path("nowhere/copy.db"), options);
    await expect(refused).rejects.toThrow(/^Cannot copy .* ENOENT/);
  });
});

describe("A restore", () => {
  test("creates the backed-up database in a new folder", async () => {
    await (await running("live.db", "1", "2")).close();
    await backUp(url("live.db"), path("copy.db"), options);
    expect(await restore(url("new/live.db"), path("copy.db"), options)).toStartWith("restored ");
    expect(statSync(path("new")).mode & 0o777).toBe(0o700);
    expect(statSync(path("new/live.db")).mode & 0o777).toBe(0o600);
    const database = await openDatabase(url("new/live.db"));
    expect(await database.migrate(migrations)).toEqual([]);
    await database.write([insert("3")]);
    await database.close();
    expect(contents("new/live.db")).toEqual({ ids: ["1", "2", "3"], sound });
  });

  test.each(["", "-wal", "-shm", "-journal"])(
    "does not overwrite a file with the suffix %j",
    async (end) => {
      await (await running("live.db", "1")).close();
      await backUp(url("live.db"), path("copy.db"), options);
      await Bun.write(path(`there.db${end}`), "precious");
      const refused = restore(url("there.db"), path("copy.db"), options);
      await expect(refused).rejects.toThrow(
        `there.db${end} exists. A restore never overwrites a file`,
      );
      expect(await Bun.file(path(`there.db${end}`)).text()).toBe("precious");
    },
  );

  test("rejects a file that was copied while the service was running", async () => {
    const database = await running("live.db", "1");
    const refused = restore(url("new.db"), path("live.db"), options);
    await expect(refused).rejects.toThrow("was copied from under a running service");
    await database.close();
  });

  test("rejects a damaged or missing backup", async () => {
    await damaged();
    await expect(restore(url("new.db"), path("live.db"), options)).rejects.toThrow("is damaged: ");
    await expect(restore(url("new.db"), path("none"), options)).rejects.toThrow("no backup at");
    expect(readdirSync(folder.path)).toEqual(["live.db"]);
  });

  test("rejects a backup with an index that differs from its table", async () => {
    await unindexed();
    const refused = restore(url("new.db"), path("live.db"), options);
    await expect(refused).rejects.toThrow("is damaged: ");
    expect(readdirSync(folder.path)).toEqual(["live.db"]);
  });

  test("rejects a backup whose last transaction was not finished", async () => {
    await (await running("live.db", "1")).close();
    await Bun.write(path("live.db-journal"), "what to undo");
    const refused = restore(url("new.db"), path("live.db"), options);
    await expect(refused).rejects.toThrow("live.db-journal exists, so");
    expect(await Bun.file(path("live.db-journal")).text()).toBe("what to undo");
  });

  test("rejects a backup from a later version of the program", async () => {
    const later = [...migrations, { version: 2, name: "more", sql: "SELECT 1" }];
    const database = await openDatabase(url("later.db"));
    await database.migrate(later);
    await database.close();
    const refused = restore(url("new.db"), path("later.db"), options);
    await expect(refused).rejects.toThrow("newer than this program");
  });

  test("copies the database of a later version that admits this one, whatever it changed", async () => {
    const sql = "ALTER TABLE things ADD COLUMN more TEXT";
    const later = [...migrations, { version: 2, name: "more", sql, admitsFrom: 1 }];
    const database = await openDatabase(url("later.db"));
    await database.migrate(later);
    await database.close();
    await backUp(url("later.db"), path("copy.db"), options);
    await restore(url("new.db"), path("copy.db"), options);
    const restored = await openDatabase(url("new.db"));
    expect(await restored.schema(migrations)).toEqual({ version: 2, pending: [] });
    await restored.close();
  });
});

test.each([
  ["backup", backUp],
  ["restore", restore],
])("%s rejects a database that is not a SQLite file", async (_name, command) => {
  const postgres = command("postgres://someone:s3cret@host/name", path("copy.db"), options);
  await expect(postgres).rejects.toThrow("pg_dump");
  await expect(postgres).rejects.not.toThrow("s3cret");
  await expect(postgres).rejects.toMatchObject({ exitCode: 2 });
  await expect(command("sqlite://:memory:", path("copy.db"), options)).rejects.toThrow("in memory");
});

/** A database whose first migration has another name. */
async function other(name: string) {
  const database = await openDatabase(url("live.db"));
  await database.migrate([{ version: 1, name, sql: "SELECT 1" }]);
  await database.close();
}

/** A database with a byte of its schema changed, in which SQLite itself finds nothing wrong. */
async function renamed() {
  await (await running("live.db", "1")).close();
  const text = Buffer.from(await Bun.file(path("live.db")).bytes()).toString("latin1");
  await Bun.write(path("live.db"), Buffer.from(text.replace("(id TEXT", "(ie TEXT"), "latin1"));
}

/** A database whose index has a value that its table does not have. */
async function unindexed() {
  await (await running("live.db", "indexed")).close();
  const bytes = Buffer.from(await Bun.file(path("live.db")).bytes());
  bytes.write("IndexeD", bytes.lastIndexOf("indexed"));
  await Bun.write(path("live.db"), bytes);
}

/** A database with a page of its index overwritten. */
async function damaged() {
  await (await running("live.db", ...Array.from({ length: 500 }, (_, id) => `id-${id}`))).close();
  const bytes = await Bun.file(path("live.db")).bytes();
  const PAGE_BYTES = 4_096;
  bytes.fill(0xff, bytes.length - PAGE_BYTES + 100, bytes.length - 100);
  await Bun.write(path("live.db"), bytes);
}
