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
  }),
  { owner: "maker-id" },
);
const MIGRATION = {
  version: 1,
  name: "things",
  // The order of the columns is another one.
  sql: `CREATE TABLE things (note TEXT, version BIGINT NOT NULL, millimetres BIGINT NOT NULL,
    created_at BIGINT NOT NULL, kind TEXT NOT NULL, maker_id TEXT NOT NULL,
    id TEXT NOT NULL PRIMARY KEY)`,
};

const BENCH: Thing = {
  id: "a",
  "maker-id": "7",
  metres: 1.5,
  kind: "wide",
  created_at: "2026-01-02T03:04:05.678Z",
};
const PLANK: Thing = {
  ...BENCH,
  id: "b",
  "maker-id": "8",
  kind: "long",
  note: "'; DROP TABLE things",
};

describe.each(ENGINES)("On %s", (engine) => {
  test("a resource is read as it was written, with its version and its place", async () => {
    await using fresh = await freshDatabase(engine, [MIGRATION]);
    await fresh.database.write([THINGS.insert(BENCH), THINGS.insert(PLANK, 3)]);
    const text = `SELECT ${THINGS.columns} FROM things ORDER BY id`;
    const rows = await fresh.database.read(text, []);
    const createdAt = Date.parse(BENCH.created_at);
    expect(THINGS.all(rows)).toEqual([
      { id: "a", createdAt, version: 1, value: BENCH },
      { id: "b", createdAt, version: 3, value: PLANK },
    ]);
    expect(JSON.stringify(THINGS.first(rows)?.value)).toBe(JSON.stringify(BENCH));
    expect(THINGS.first([])).toBeUndefined();
  });

  test("only the owner's rows, of the versions and with the values that are asked for, are found", async () => {
    await using fresh = await freshDatabase(engine, [MIGRATION]);
    await fresh.database.write([THINGS.insert(BENCH), THINGS.insert(PLANK, 3)]);
    const ids = async (condition: string, value: string) => {
      const text = `SELECT id FROM things WHERE ${condition} ORDER BY id`;
      return (await fresh.database.read(text, [value])).map(({ id }) => id);
    };
    expect(await ids(THINGS.isOwned("$1"), whoIs({ user: "8" }).owner)).toEqual(["b"]);
    expect(await ids(THINGS.isOwned("$1"), whoIs().owner)).toEqual(["a", "b"]);
    const versions = whoIs({ ifMatch: '"3"' }).versions;
    expect(await ids(THINGS.isAdmitted("$1"), versions)).toEqual(["b"]);
    expect(await ids(THINGS.isListed("$1", "kind"), THINGS.listOf(["wide"]))).toEqual(["a"]);
    expect(await ids(THINGS.isListed("$1", "kind"), THINGS.listOf(["wide", "long"]))).toHaveLength(
      2,
    );
  });
});
