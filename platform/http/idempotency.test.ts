import { describe, expect, setDefaultTimeout, test } from "bun:test";

import {
  ENGINE_TIMEOUT_MS,
  ENGINES,
  explaining,
  freshDatabase,
} from "../../tests/support/engines.ts";
import {
  type Database,
  DatabaseUnavailable,
  type Migration,
  type Row,
  type Statement,
  UniqueViolation,
  UnmetCondition,
  type Value,
} from "../database/database.ts";
import keys from "./0002_idempotency_keys.sql" with { type: "text" };
import { failure, ProblemError } from "./failure.ts";
import { databaseUnavailable, keyReused } from "./failures.ts";
import { createCreations, type Creations, KEY_LIFETIME_MS, sweepKeys } from "./idempotency.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const MIGRATIONS: Migration[] = [
  {
    version: 1,
    name: "things",
    sql: "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
  },
  { version: 2, name: "idempotency_keys", sql: keys },
  { version: 3, name: "tags", sql: "ALTER TABLE idempotency_keys ADD COLUMN tag TEXT" },
];

const nameTaken = failure({
  status: 409,
  code: "name_taken",
  detail: "Another thing has this name",
  description: "Another thing has the name.",
});

interface Thing {
  id: string;
  name: string;
}

/** A creation as a store prepares it, without knowledge of keys. */
function prepare(thing: Thing) {
  const text = "INSERT INTO things (id, name) VALUES ($1, $2)";
  const insert = { text, values: [thing.id, thing.name] };
  return { resource: thing, insert, tag: `"${thing.id}"` };
}

/** Creates a thing of this name, with a new id in each call. */
function create(
  creations: Creations,
  name: string,
  { key, caller = "" }: { key?: string; caller?: string } = {},
) {
  return creations.create({ key, caller, body: { name } }, () =>
    prepare({ id: Bun.randomUUIDv7(), name }),
  );
}

/** Records keys at time 0. */
async function recordKeys(database: Database, count: number): Promise<void> {
  const text = `
    INSERT INTO idempotency_keys (caller, key, fingerprint, resource_id, answer, created_at)
    VALUES ('', $1, '', '', '{}', 0)`;
  await database.write(
    Array.from({ length: count }, (_, index) => ({ text, values: [`old ${index}`] })),
  );
}

const names = async (database: Database) =>
  (await database.read("SELECT name FROM things ORDER BY name", [])).map(({ name }) => name);
const recorded = async (database: Database) =>
  (await database.read("SELECT key FROM idempotency_keys ORDER BY key", [])).map(({ key }) => key);
const problemOf = (promise: Promise<unknown>) => promise.catch((error) => error);

describe.each(ENGINES)("Idempotent creation on %s", (engine) => {
  async function open(now = () => 0) {
    const fresh = await freshDatabase(engine, MIGRATIONS);
    const { database } = fresh;
    return { ...fresh, creations: createCreations({ database, now }) };
  }

  test("creates a resource for every request without a key", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    const { resource, replayed } = await create(creations, "a");
    expect(replayed).toBe(false);
    expect(await create(creations, "b")).not.toMatchObject({ resource });
    expect(await names(database)).toEqual(["a", "b"]);
    expect(await recorded(database)).toEqual([]);
  });

  test("creates one resource for a key, and replays it for every retry", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    const first = await create(creations, "a", { key: "k" });
    expect(first.replayed).toBe(false);
    for (let again = 0; again < 3; again += 1) {
      const { resource, replayed } = await create(creations, "a", { key: "k" });
      expect(replayed).toBe(true);
      expect(JSON.stringify(resource)).toBe(JSON.stringify(first.resource));
    }
    expect(await names(database)).toEqual(["a"]);
  });

  test("replays the original resource after it was changed, and after it was deleted", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    const { resource, tag } = await create(creations, "a", { key: "k" });
    const replay = { resource, tag, replayed: true };
    await database.write([{ text: "UPDATE things SET name = $1", values: ["z"] }]);
    expect(await create(creations, "a", { key: "k" })).toEqual(replay);
    await database.write([{ text: "DELETE FROM things", values: [] }]);
    expect(await create(creations, "a", { key: "k" })).toEqual(replay);
    expect(await names(database)).toEqual([]);
  });

  test("rejects a key with another body with 422, but replays an equal JSON value", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    const ask = (body: unknown) =>
      creations.create({ key: "k", body }, () => prepare({ id: "1", name: "a" }));
    await ask({ name: "a", size: { width: 1, height: 2 }, tags: ["x", "y"] });
    const same = { tags: ["x", "y"], size: { height: 2.0, width: 1 }, name: "a" };
    expect(await ask(same)).toMatchObject({ replayed: true });
    for (const other of [
      { ...same, name: "b" },
      { ...same, tags: ["y", "x"] },
      { ...same, size: { height: 2, width: "1" } },
      { ...same, more: null },
      {},
    ]) {
      expect(await problemOf(ask(other))).toMatchObject({
        status: 422,
        code: "idempotency_key_reused",
      });
    }
    expect(await names(database)).toEqual(["a"]);
  });

  test("replays a key that was recorded without a tag, with the tag of that time", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    const { resource } = await create(creations, "a", { key: "k" });
    await database.write([{ text: "UPDATE idempotency_keys SET tag = NULL", values: [] }]);
    const again = await create(creations, "a", { key: "k" });
    expect(again).toEqual({ resource, tag: '"1"', replayed: true });
  });

  test("refuses a replay as it would refuse a new request of a caller who may not create it", async () => {
    await using opened = await open();
    const { creations } = opened;
    const taken = new ProblemError(nameTaken);
    let obstacle: ProblemError | undefined = taken;
    const ask = (mayCreate: boolean) =>
      creations.create({ key: "k", body: {}, mayCreate: () => mayCreate }, () => ({
        ...prepare({ id: "1", name: "a" }),
        obstacle: async () => obstacle,
      }));
    await ask(true);
    expect(await problemOf(ask(false))).toBe(taken);
    obstacle = undefined;
    expect(await problemOf(ask(false))).toMatchObject({ code: "idempotency_key_reused" });
    expect(await ask(true)).toMatchObject({ replayed: true });
  });

  test("keeps the keys of each caller apart", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    await create(creations, "a", { key: "k", caller: "x" });
    await create(creations, "b", { key: "k", caller: "y" });
    await create(creations, "c", { key: "k" });
    expect(await create(creations, "a", { key: "k", caller: "x" })).toMatchObject({
      resource: { name: "a" },
      replayed: true,
    });
    expect(await names(database)).toEqual(["a", "b", "c"]);
  });

  test("rejects a key in use with 409 and Retry-After, and replays it afterwards", async () => {
    await using opened = await open();
    const { creations } = opened;
    const going = Promise.withResolvers<void>();
    const first = creations.create({ key: "k", body: {} }, async () => {
      await going.promise;
      return prepare({ id: "1", name: "a" });
    });
    const problem = await problemOf(create(creations, "a", { key: "k" }));
    expect(problem).toMatchObject({
      status: 409,
      code: "idempotency_key_in_use",
      headers: { "retry-after": "1" },
    });
    going.resolve();
    expect(await first).toMatchObject({ replayed: false });
    const again = await creations.create<Thing>({ key: "k", body: {} }, () => {
      throw new Error("There is nothing to prepare");
    });
    expect(again).toEqual({ resource: { id: "1", name: "a" }, tag: '"1"', replayed: true });
  });

  test("does not record the key of a failed creation, so that it can be used again", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    await create(creations, "a", { key: "k1" });
    const taken = await problemOf(create(creations, "a", { key: "k2" }));
    expect(taken).toBeInstanceOf(UniqueViolation);
    const failed = creations.create({ key: "k3", body: {} }, () => {
      throw new ProblemError(databaseUnavailable);
    });
    expect(await problemOf(failed)).toMatchObject({ status: 503 });
    expect(await recorded(database)).toEqual(["k1"]);
    expect(await create(creations, "b", { key: "k2" })).toMatchObject({ replayed: false });
    expect(await create(creations, "c", { key: "k3" })).toMatchObject({ replayed: false });
    expect(await names(database)).toEqual(["a", "b", "c"]);
  });

  test("throws the creation's own failure if a row conflicts with the resource", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    const taken = new ProblemError(nameTaken);
    const named = (key?: string) =>
      creations.create({ key, body: {} }, () => ({
        ...prepare({ id: Bun.randomUUIDv7(), name: "a" }),
        async obstacle() {
          const [found] = await database.read("SELECT id FROM things WHERE name = 'a'", []);
          return found && taken;
        },
      }));
    await named();
    expect(await problemOf(named())).toBe(taken);
    expect(await problemOf(named("k"))).toBe(taken);
    expect(await recorded(database)).toEqual([]);
  });

  test("retries if the conflicting row is deleted before it is read", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    await create(creations, "a");
    const created = await creations.create({ key: "k", body: {} }, () => ({
      ...prepare({ id: "2", name: "a" }),
      // Another request deletes it in between.
      async obstacle() {
        await database.write([{ text: "DELETE FROM things", values: [] }]);
        return undefined;
      },
    }));
    expect(created).toMatchObject({ resource: { id: "2", name: "a" }, replayed: false });
    expect(await recorded(database)).toEqual(["k"]);
  });

  test("retries if the sweep deletes the conflicting key before it is read", async () => {
    await using opened = await open();
    const { database } = opened;
    // Another replica records the key after the first read, and the sweep deletes it before the
    // second.
    let finds = 0;
    const raced: Database = {
      ...database,
      async read<R extends Row>(text: string, values: readonly Value[]) {
        finds += 1;
        const rows = await database.read<R>(text, values);
        if (finds === 1)
          await create(createCreations({ database, now: () => 0 }), "a", { key: "k" });
        if (finds === 2)
          await database.write([{ text: "DELETE FROM idempotency_keys", values: [] }]);
        return finds === 2 ? [] : rows;
      },
    };
    const creations = createCreations({ database: raced, now: () => 1 });
    expect(await create(creations, "b", { key: "k" })).toMatchObject({ replayed: false });
    expect(await names(database)).toEqual(["a", "b"]);
  });

  test("creates one resource for a key with different bodies on several replicas", async () => {
    await using opened = await open();
    const { database, another } = opened;
    const replicas = [database, await another(), await another()].map((database) =>
      createCreations({ database, now: () => 0 }),
    );
    for (let round = 0; round < 10; round += 1) {
      const outcomes = await Promise.all(
        replicas.map((creations, index) =>
          problemOf(create(creations, `name ${round} ${index}`, { key: `k${round}` })),
        ),
      );
      const refused = outcomes.filter((outcome) => outcome instanceof ProblemError);
      expect(refused).toHaveLength(2);
      for (const { failure } of refused) expect(failure).toBe(keyReused);
    }
    expect(await names(database)).toHaveLength(10);
  });

  test("creates one resource per key and name in a race, in whole units", async () => {
    await using opened = await open();
    const { database, another } = opened;
    const replicas = [database, await another(), await another()].map((database) =>
      createCreations({ database, now: () => 0 }),
    );
    for (let round = 0; round < 5; round += 1) {
      // Sixty at once: two for each key, six for each name.
      await Promise.all(
        Array.from({ length: 60 }, (_, index) => {
          const creations = replicas[index % 3] as Creations;
          const [key, name] = [`k${round} ${index >> 1}`, `name ${round} ${Math.floor(index / 6)}`];
          return problemOf(create(creations, name, { key }));
        }),
      );
      expect(await names(database)).toHaveLength(10 * (round + 1));
      expect(await recorded(database)).toHaveLength(10 * (round + 1));
    }
  });

  test("creates one resource for concurrent requests to several replicas", async () => {
    await using opened = await open();
    const { database, another } = opened;
    const databases = [database, ...(await Promise.all(Array.from({ length: 7 }, another)))];
    const replicas = databases.map((database) => createCreations({ database, now: () => 0 }));
    for (let round = 0; round < 10; round += 1) {
      const once = { key: `k${round}` };
      const answers = await Promise.all(
        replicas.map((creations) => create(creations, `name ${round}`, once)),
      );
      expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(new Set(answers.map(({ resource }) => JSON.stringify(resource))).size).toBe(1);
    }
    expect(await names(database)).toHaveLength(10);
  });

  test("replays a write whose result was lost on the next attempt", async () => {
    await using opened = await open();
    const { database } = opened;
    const losing: Database = {
      ...database,
      async write(unit) {
        await database.write(unit);
        throw new DatabaseUnavailable(new Error("The connection was lost"));
      },
    };
    const once = { key: "k" };
    const lost = createCreations({ database: losing, now: () => 0 });
    expect(await problemOf(create(lost, "a", once))).toBeInstanceOf(DatabaseUnavailable);
    expect(await create(lost, "a", once)).toMatchObject({ replayed: true });
    expect(await names(database)).toEqual(["a"]);
  });

  test("finds a key with an index, however many keys exist", async () => {
    await using opened = await open();
    const { database } = opened;
    await recordKeys(database, 5_000);
    await database.write([{ text: "ANALYZE", values: [] }]);
    const plans: string[] = [];
    const creations = createCreations({ database: explaining(database, plans), now: () => 0 });
    await create(creations, "a", { key: "k" });
    expect(plans).toHaveLength(1);
    const index = {
      sqlite: "sqlite_autoindex_idempotency_keys_1",
      postgres: "idempotency_keys_pkey",
    };
    expect(plans[0]).toContain(index[engine]);
  });

  test("keeps keys for 24 hours, then deletes them in batches", async () => {
    let now = 0;
    await using opened = await open(() => now);
    const { database, creations } = opened;
    await recordKeys(database, 2_500);
    now = 1;
    await create(creations, "a", { key: "new" });
    now = KEY_LIFETIME_MS;
    await sweepKeys(database, now);
    expect(await recorded(database)).toHaveLength(2_501);
    now = KEY_LIFETIME_MS + 1;
    await sweepKeys(database, now);
    expect(await recorded(database)).toEqual(["new"]);
    now = KEY_LIFETIME_MS + 2;
    await sweepKeys(database, now);
    expect(await recorded(database)).toEqual([]);
    expect(await names(database)).toEqual(["a"]);
  });

  test("sweeps a thousand keys at a time, the oldest first, and none that is still needed", async () => {
    await using opened = await open();
    const { database } = opened;
    // One a millisecond, in another order than their age.
    const text = `
      WITH RECURSIVE series (n) AS (
        SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < 2999)
      INSERT INTO idempotency_keys (caller, key, fingerprint, resource_id, answer, created_at)
      SELECT '', 'key-' || n, '', '', '{}', (n * 7) % 3000 FROM series`;
    await database.write([{ text, values: [] }]);
    const swept: number[] = [];
    const counting: Database = {
      ...database,
      async write<R extends Row>(unit: readonly Statement[]) {
        const rows = await database.write<R>(unit);
        swept.push(rows[0]?.length ?? 0);
        return rows;
      },
    };
    await sweepKeys(counting, KEY_LIFETIME_MS + 2_500);
    // Each begins with the time that the last one ended with, of which nothing is left.
    expect(swept).toEqual([1_000, 1_000, 500]);
    const [row] = await database.read(
      "SELECT min(created_at) AS oldest, count(*) AS count FROM idempotency_keys",
      [],
    );
    expect(row).toEqual({ oldest: 2_500, count: 500 });
  });
});

describe.each(ENGINES)("A creation with a condition on %s", (engine) => {
  const LIMIT = 5;
  const text = "SELECT 1 AS holds WHERE (SELECT count(*) FROM things WHERE name LIKE $1) < $2";
  const tooMany = failure({
    status: 409,
    code: "too_many_things",
    detail: "There are too many things",
    description: "There are too many things.",
  });

  function limited(name: string, other?: () => Promise<ProblemError | undefined>) {
    const condition = { text, values: ["limited%", LIMIT], turn: "things that are limited" };
    return {
      ...prepare({ id: crypto.randomUUID(), name }),
      condition,
      ...(other && { obstacle: other }),
    };
  }

  test("never exceeds its limit, however many come at once, from two processes", async () => {
    await using fresh = await freshDatabase(engine, MIGRATIONS);
    const both = [fresh.database, await fresh.another()];
    const full = async () => new ProblemError(tooMany);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) => {
        const database = both[index % 2] as Database;
        const creations = createCreations({ database, now: Date.now });
        const key = `k${index}`;
        return creations.create({ key, body: { index } }, () => limited(`limited ${index}`, full));
      }),
    );
    const made = outcomes.filter(({ status }) => status === "fulfilled");
    expect(made).toHaveLength(LIMIT);
    const codes = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
    expect(new Set(codes)).toEqual(new Set([tooMany.code]));
    expect(await fresh.database.read("SELECT name FROM things", [])).toHaveLength(LIMIT);
    // What was refused left no record: its key is still free.
    expect(await fresh.database.read("SELECT key FROM idempotency_keys", [])).toHaveLength(LIMIT);
  });

  test("fails with its own error if the store knows no reason", async () => {
    await using fresh = await freshDatabase(engine, MIGRATIONS);
    const { database } = fresh;
    const insert = { text: "INSERT INTO things (id, name) VALUES ($1, $2)", values: ["1", "a"] };
    const never = { text: "SELECT 1 AS holds WHERE $1 = 'b'", values: ["a"], turn: "a" };
    await expect(database.write([never, insert])).rejects.toThrow(UnmetCondition);
    expect(await database.read("SELECT id FROM things", [])).toEqual([]);
    const met = { ...never, values: ["b"] };
    await database.write([met, insert]);
    expect(await database.read("SELECT id FROM things", [])).toEqual([{ id: "1" }]);
  });
});
