import { afterEach, beforeEach, expect, test } from "bun:test";

import { drawSeed } from "../../tests/support/seed.ts";
import type { Database } from "./database.ts";
import { openDatabase } from "./open-database.ts";
import { fill, randomFrom } from "./seed.ts";

const COUNT = 42_000;
const nowhere = { progress() {} };

let database: Database;
beforeEach(async () => {
  database = await openDatabase("sqlite://:memory:");
  const columns = "id TEXT PRIMARY KEY, created_at INTEGER, luck REAL";
  await database.write([{ text: `CREATE TABLE things (${columns}) STRICT`, values: [] }]);
});
afterEach(() => database.close());

function fillThings(into: Database, count = COUNT) {
  return fill(
    into,
    {
      what: "things",
      count,
      insert: ({ number, at, random }) => ({
        text: "INSERT INTO things (id, created_at, luck) VALUES ($1, $2, $3)",
        values: [String(number), at, random()],
      }),
    },
    nowhere,
  );
}

/** A database whose process is killed in place of this write. */
function killedAt(turn: number): Database {
  let turns = 0;
  return new Proxy(database, {
    get(target, name) {
      if (name !== "write") return Reflect.get(target, name).bind(target);
      return async (...given: Parameters<Database["write"]>) => {
        turns += 1;
        if (turns >= turn) throw new Error("killed");
        return target.write(...given);
      };
    },
  });
}

/** Interrupts a load. Resolves when the writes that had begun are over. */
async function kill(turn: number): Promise<void> {
  await expect(fillThings(killedAt(turn))).rejects.toThrow("killed");
  await database.write([{ text: "DELETE FROM things WHERE id = 'nothing'", values: [] }]);
}

async function contents() {
  const text =
    "SELECT count(*) AS count, sum(luck) AS luck, sum(created_at / 1000) AS times FROM things";
  return (await database.read(text, []))[0];
}

test("A load that is interrupted anywhere goes on where it was, to the same contents", async () => {
  const random = randomFrom(drawSeed());
  await fillThings(database);
  const whole = await contents();
  expect(whole).toMatchObject({ count: COUNT });
  for (let round = 0; round < 3; round += 1) {
    await database.write([{ text: "DELETE FROM things", values: [] }]);
    const turn = 2 + Math.floor(random() * 8);
    await kill(turn);
    const there = Number((await contents())?.["count"]);
    expect(there).toBeLessThan(COUNT);
    const { isNew, text } = await fillThings(database);
    expect(isNew).toBe(true);
    expect(text).toStartWith(`seeded ${COUNT - there} things in `);
    expect(text).toEndWith(`(${there} were there)`);
    const { luck, ...counted } = (await contents()) as { luck: number };
    expect(counted).toMatchObject({ count: COUNT, times: whole?.["times"] });
    expect(luck).toBeCloseTo(Number(whole?.["luck"]), 6);
  }
});

test("A table that is full, or full of something else, is not changed", async () => {
  await fillThings(database);
  const nothing = { isNew: false, text: "nothing to seed: the database already has things" };
  expect(await fillThings(database)).toEqual(nothing);
  expect(await fillThings(database, COUNT + 1)).toEqual(nothing);
  expect(await contents()).toMatchObject({ count: COUNT });
});

test("A row of someone else in the way of an interrupted load is reported, and stays", async () => {
  await kill(2);
  const other = `UPDATE things SET id = '${COUNT}' WHERE id = '2'`;
  await database.write([{ text: other, values: [] }]);
  await expect(fillThings(database)).rejects.toThrow(
    "The database has other things with these ids",
  );
  expect(await database.read("SELECT id FROM things WHERE id = $1", [String(COUNT)])).toHaveLength(
    1,
  );
});
