import { expect, setDefaultTimeout, test } from "bun:test";

import { ENGINE_TIMEOUT_MS, ENGINES, freshDatabase } from "../../tests/support/engines.ts";
import { table } from "./table.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

type Thing = { id: string; count: number; note: string | null };

const THINGS = table<Thing>("things", { id: true, count: true, note: true });
const MIGRATION = {
  version: 1,
  name: "things",
  sql: "CREATE TABLE things (note TEXT, count BIGINT NOT NULL, id TEXT NOT NULL PRIMARY KEY)",
};

test.each(ENGINES)("A row is inserted on %s by column name, in any order", async (engine) => {
  await using fresh = await freshDatabase(engine, [MIGRATION]);
  const rows: Thing[] = [
    { count: 1, note: null, id: "a" },
    { id: "b", note: "'; DROP TABLE things", count: 2 },
  ];
  await fresh.database.write(rows.map(THINGS.insert));
  const found = await fresh.database.read<Thing>(
    `SELECT ${THINGS.columns} FROM things ORDER BY id`,
    [],
  );
  expect(found).toEqual(rows);
  expect(Object.keys(found[0] ?? {})).toEqual(["id", "count", "note"]);
});
