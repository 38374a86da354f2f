import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { ENGINE_TIMEOUT_MS, ENGINES, freshDatabase } from "../../tests/support/engines.ts";
import { whoIs } from "../testing.ts";
import { table } from "./table.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

interface Thing {
  id: string;
  "maker-id": string;
  metres: number;
  kind: "wide" | "long";
  note?: string;
  created_at: string;
  updated_at: string;
}

const THINGS = table<Thing>(
  "things",
  ({ text, word, optional, instant }) => ({
    id: text,
    "maker-id": { ...text, name: "maker_id" },
    metres: {
      name: "millimetres",
      write: (metres) => metres * 1000,
      read: (value) => value / 1000,
    },
    kind: word<Thing["kind"]>(),
    note: optional(text),
    created_at: instant,
    updated_at: instant,
  }),
  { owner: "maker-id" },
);
const MIGRATION = {
  version: 1,
  name: "things",
  // The order of the columns is another one.
  sql: `CREATE TABLE things (note TEXT, version BIGINT NOT NULL, revision TEXT, millimetres BIGINT NOT NULL,
    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, kind TEXT NOT NULL, maker_id TEXT NOT NULL,
    id TEXT NOT NULL PRIMARY KEY)`,
};

const BENCH: Thing = {
  id: "a",
  "maker-id": "7",
  metres: 1.5,
  kind: "wide",
  created_at: "2026-01-02T03:04:05.678Z",
  updated_at: "2026-01-02T03:04:06.789Z",
};
const PLANK: Thing = {
  ...BENCH,
  id: "b",
  "maker-id": "8",
  kind: "long",
  note: "'; DROP TABLE things",
};

describe.each(ENGINES)("On %s", (engine) => {
  test("a resource is read as it was written, with its tag and its place", async () => {
    await using fresh = await freshDatabase(engine, [MIGRATION]);
    const { insert, tag, resource } = THINGS.creation(BENCH);
    expect(resource).toBe(BENCH);
    await fresh.database.write([insert, THINGS.insert(PLANK, 3)]);
    const text = `SELECT ${THINGS.columns} FROM things ORDER BY id`;
    const rows = await fresh.database.read(text, []);
    const createdAt = Date.parse(BENCH.created_at);
    const third = expect.stringMatching(/^"3[0-9]{20}"$/);
    expect(tag).toMatch(/^"1[0-9]{20}"$/);
    expect(THINGS.all(rows, whoIs())).toEqual([
      { id: "a", createdAt, tag, value: BENCH },
      { id: "b", createdAt, tag: third, value: PLANK },
    ]);
    expect(JSON.stringify(THINGS.first(rows, whoIs())?.value)).toBe(JSON.stringify(BENCH));
    expect(THINGS.first([], whoIs())).toBeUndefined();
  });

  test("a row of a program without revisions has the same tag in SQL as in a response", async () => {
    await using fresh = await freshDatabase(engine, [MIGRATION]);
    const bare = { text: "UPDATE things SET revision = NULL", values: [] };
    await fresh.database.write([THINGS.insert(BENCH), bare]);
    const found = async (ifMatch?: string) => {
      const text = `SELECT ${THINGS.columns} FROM things WHERE ${THINGS.isAdmitted("$1")}`;
      const rows = await fresh.database.read(text, [whoIs({ ifMatch }).tags]);
      return THINGS.first(rows, whoIs());
    };
    const tag = (await found())?.tag;
    expect(tag).toEndWith(`${Date.parse(BENCH.updated_at)}"`);
    expect((await found(tag))?.id).toBe("a");
  });

  test("a row is read for its owner and for everyone, and for no other", async () => {
    await using fresh = await freshDatabase(engine, [MIGRATION]);
    await fresh.database.write([THINGS.insert(BENCH)]);
    const rows = await fresh.database.read(`SELECT ${THINGS.columns} FROM things`, []);
    for (const who of [whoIs(), whoIs({ user: "7" })]) {
      expect(THINGS.first(rows, who)?.id).toBe("a");
      expect(THINGS.all(rows, who)).toHaveLength(1);
    }
    for (const who of [whoIs({ user: "8" }), whoIs({ user: "a b" })]) {
      expect(THINGS.first(rows, who)).toBeUndefined();
      expect(() => THINGS.all(rows, who)).toThrow("A list of things has a row of another user");
    }
    expect([THINGS.name, THINGS.owner, THINGS.ownerOf(BENCH)]).toEqual(["things", "maker-id", "7"]);
  });

  test("only the owner's rows, with the tags and the values that are asked for, are found", async () => {
    await using fresh = await freshDatabase(engine, [MIGRATION]);
    const { insert, tag } = THINGS.creation(PLANK);
    await fresh.database.write([THINGS.insert(BENCH), insert]);
    const ids = async (condition: string, value: string) => {
      const text = `SELECT id FROM things WHERE ${condition} ORDER BY id`;
      return (await fresh.database.read(text, [value])).map(({ id }) => id);
    };
    expect(await ids(THINGS.isOwned("$1"), whoIs({ user: "8" }).owner)).toEqual(["b"]);
    expect(await ids(THINGS.isOwned("$1"), whoIs().owner)).toEqual(["a", "b"]);
    expect(await ids(THINGS.isAdmitted("$1"), whoIs({ ifMatch: tag }).tags)).toEqual(["b"]);
    expect(await ids(THINGS.isListed("$1", "kind"), THINGS.listOf(["wide"]))).toEqual(["a"]);
    const both = THINGS.listOf(["wide", "long"]);
    expect(await ids(THINGS.isListed("$1", "kind"), both)).toHaveLength(2);
  });
});
