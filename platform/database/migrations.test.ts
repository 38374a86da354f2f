/** Which programs a schema admits, on both engines. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import {
  type Engine,
  ENGINE_TIMEOUT_MS,
  ENGINES,
  freshDatabase,
  freshUrl,
} from "../../tests/support/engines.ts";
import { type Database, DatabaseError, type Migration } from "./database.ts";
import { openDatabase } from "./open-database.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const THINGS: Migration = {
  version: 1,
  name: "things",
  sql: "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY)",
};
const MORE: Migration = {
  version: 2,
  name: "more",
  sql: "ALTER TABLE things ADD COLUMN colour TEXT",
  admitsFrom: 1,
};
const STRICT: Migration = {
  version: 3,
  name: "strict",
  sql: "ALTER TABLE things ADD COLUMN weight BIGINT NOT NULL DEFAULT 0",
  admitsFrom: 2,
};
const APPLIED = "SELECT version, name FROM schema_migrations ORDER BY version";

/** What version 1.0.0 of the services left behind. */
async function previous(engine: Engine, names: string[]) {
  const fresh = await freshUrl(engine);
  const database = await openDatabase(fresh.url);
  const create = `
    CREATE TABLE schema_migrations (
      version BIGINT NOT NULL PRIMARY KEY,
      name TEXT NOT NULL,
      applied_at BIGINT NOT NULL
    )`;
  const record = "INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, 1)";
  const things = { text: THINGS.sql, values: [] };
  const records = names.map((name, at) => ({ text: record, values: [at + 1, name] }));
  await database.write([{ text: create, values: [] }, things, ...records]);
  return {
    database,
    async [Symbol.asyncDispose]() {
      await database.close();
      await fresh[Symbol.asyncDispose]();
    },
  };
}
const columns = async (database: Database) =>
  Object.keys((await database.read("SELECT * FROM schema_migrations", []))[0] ?? {});

describe.each(ENGINES)("A schema on %s", (engine) => {
  test("admits the programs that its newer migrations say, and no others", async () => {
    await using fresh = await freshDatabase(engine, [THINGS, MORE, STRICT]);
    const { database } = fresh;
    expect(await database.migrate([THINGS, MORE])).toEqual([]);
    expect(await database.schema([THINGS, MORE])).toEqual({ version: 3, pending: [] });
    await database.write([{ text: "INSERT INTO things (id) VALUES ($1)", values: ["1"] }]);
    const tooNew =
      "The database is newer than this program: it is at migration 3, the program knows 1. " +
      "Run the version of the program that made it, or a later one";
    for (const ask of [database.schema, database.migrate]) {
      const error = await ask([THINGS]).catch((one) => one);
      expect(error).toBeInstanceOf(DatabaseError);
      expect(error.message).toBe(tooNew);
    }
  });

  test("refuses older programs if its newer migration does not say whom it admits", async () => {
    const silent = { version: 2, name: "silent", sql: "CREATE TABLE others (id TEXT)" };
    await using fresh = await freshDatabase(engine, [THINGS, silent]);
    await expect(fresh.database.migrate([THINGS])).rejects.toThrow("newer than this program");
  });

  test("is not migrated if a newer program left a gap", async () => {
    await using fresh = await freshDatabase(engine, [THINGS, { ...MORE, version: 3 }]);
    await expect(fresh.database.migrate([THINGS, MORE])).rejects.toThrow("newer than this program");
  });

  test("is not touched by a program whose versions do not increase", async () => {
    await using fresh = await freshDatabase(engine, [THINGS]);
    for (const wrong of [
      [THINGS, { ...MORE, version: 1 }],
      [MORE, THINGS],
    ]) {
      await expect(fresh.database.migrate(wrong)).rejects.toThrow(
        /^The program's list of migrations is wrong: \d \w+ comes after \d \w+\. Give each/,
      );
    }
    expect(await fresh.database.read(APPLIED, [])).toEqual([{ version: 1, name: "things" }]);
  });

  test("says which migration it applies if there is something to change", async () => {
    await using fresh = await freshDatabase(engine, []);
    const lines: string[] = [];
    await fresh.database.migrate([THINGS], (line) => lines.push(line));
    expect(lines).toEqual([]);
    await fresh.database.migrate([THINGS, MORE], (line) => lines.push(line));
    expect(lines).toEqual(["applying migration 2 more"]);
  });

  describe("with the migrations table of the previous version", () => {
    test("does not change it if nothing is pending", async () => {
      await using old = await previous(engine, ["things"]);
      expect(await old.database.migrate([THINGS])).toEqual([]);
      expect(await columns(old.database)).not.toContain("admits_from");
    });

    test("refuses a program that it is too new for", async () => {
      await using old = await previous(engine, ["things", "more"]);
      await expect(old.database.migrate([THINGS])).rejects.toThrow("newer than this program");
    });

    test("records whom a migration admits, and the previous version can still read and record", async () => {
      await using old = await previous(engine, ["things"]);
      const { database } = old;
      expect(await database.migrate([THINGS, MORE])).toEqual([MORE]);
      expect(await database.read(APPLIED, [])).toEqual([
        { version: 1, name: "things" },
        { version: 2, name: "more" },
      ]);
      const record = "INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, 1)";
      await database.write([{ text: record, values: [3, "strict"] }]);
      expect(await database.schema([THINGS, MORE, STRICT])).toEqual({ version: 3, pending: [] });
      await expect(database.schema([THINGS, MORE])).rejects.toThrow("newer than this program");
    });
  });
});
