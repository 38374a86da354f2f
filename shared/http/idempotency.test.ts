import { describe, expect, test } from "bun:test";

import { ENGINES, explaining, freshDatabase } from "../../tests/support/engines.ts";
import { type Database, type Migration, UniqueViolation } from "../database/database.ts";
import keys from "./idempotency.sql" with { type: "text" };
import { type Claim, createCreations, type Creations, KEY_LIFETIME_MS } from "./idempotency.ts";
import { unavailable } from "./problem.ts";

const MIGRATIONS: Migration[] = [
  {
    version: 1,
    name: "things",
    sql: "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
  },
  { version: 2, name: "idempotency_keys", sql: keys },
];

interface Thing {
  id: string;
  name: string;
}

/** A creation as a store makes it: guarded by the record of its key. */
function prepare(thing: Thing, { caller, key }: Claim) {
  const text = `
    INSERT INTO things (id, name) SELECT $1, $2
    WHERE $3 = '' OR EXISTS (
      SELECT 1 FROM idempotency_keys WHERE key = $3 AND caller = $4 AND resource_id = $1
    )`;
  return { answer: thing, insert: { text, values: [thing.id, thing.name, key, caller] } };
}

/** Asks for a new thing of this name, each time under another id. */
function create(creations: Creations, name: string, { key, caller = "" }: Partial<Claim> = {}) {
  return creations.once({ key, caller, request: { name } }, (claim) =>
    prepare({ id: Bun.randomUUIDv7(), name }, claim),
  );
}

/** Keys that were recorded at the start of time. */
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

describe.each(ENGINES)("creations on %s", (engine) => {
  async function open(now = () => 0) {
    const fresh = await freshDatabase(engine, MIGRATIONS);
    const { database } = fresh;
    return { ...fresh, creations: createCreations({ database, now }) };
  }

  test("without a key every request creates", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    const { answer, replayed } = await create(creations, "a");
    expect(replayed).toBe(false);
    expect(await create(creations, "b")).not.toMatchObject({ answer });
    expect(await names(database)).toEqual(["a", "b"]);
    expect(await recorded(database)).toEqual([]);
  });

  test("a key creates once and is answered the same again", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    const first = await create(creations, "a", { key: "k" });
    expect(first.replayed).toBe(false);
    for (let again = 0; again < 3; again += 1) {
      const { answer, replayed } = await create(creations, "a", { key: "k" });
      expect(replayed).toBe(true);
      expect(JSON.stringify(answer)).toBe(JSON.stringify(first.answer));
    }
    expect(await names(database)).toEqual(["a"]);
  });

  test("it is so after the thing was changed, and after it was deleted", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    const { answer } = await create(creations, "a", { key: "k" });
    await database.write([{ text: "UPDATE things SET name = $1", values: ["z"] }]);
    expect(await create(creations, "a", { key: "k" })).toEqual({ answer, replayed: true });
    await database.write([{ text: "DELETE FROM things", values: [] }]);
    expect(await create(creations, "a", { key: "k" })).toEqual({ answer, replayed: true });
    expect(await names(database)).toEqual([]);
  });

  test("a key with another body is 422, with the same body written otherwise a replay", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    const ask = (request: unknown) =>
      creations.once({ key: "k", request }, (claim) => prepare({ id: "1", name: "a" }, claim));
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

  test("keys belong to the caller", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    await create(creations, "a", { key: "k", caller: "x" });
    await create(creations, "b", { key: "k", caller: "y" });
    await create(creations, "c", { key: "k" });
    expect(await create(creations, "a", { key: "k", caller: "x" })).toMatchObject({
      answer: { name: "a" },
      replayed: true,
    });
    expect(await names(database)).toEqual(["a", "b", "c"]);
  });

  test("a key that is being worked on is 409 with Retry-After, and free again afterwards", async () => {
    await using opened = await open();
    const { creations } = opened;
    const going = Promise.withResolvers<void>();
    const first = creations.once({ key: "k", request: {} }, async (claim) => {
      await going.promise;
      return prepare({ id: "1", name: "a" }, claim);
    });
    const problem = await problemOf(create(creations, "a", { key: "k" }));
    expect(problem).toMatchObject({
      status: 409,
      code: "idempotency_key_in_use",
      headers: { "retry-after": "1" },
    });
    going.resolve();
    expect(await first).toMatchObject({ replayed: false });
    const again = await creations.once<Thing>({ key: "k", request: {} }, () => {
      throw new Error("There is nothing to prepare");
    });
    expect(again).toEqual({ answer: { id: "1", name: "a" }, replayed: true });
  });

  test("a creation that fails leaves no record, and its key may be used again", async () => {
    await using opened = await open();
    const { database, creations } = opened;
    await create(creations, "a", { key: "k1" });
    const taken = await problemOf(create(creations, "a", { key: "k2" }));
    expect(taken).toBeInstanceOf(UniqueViolation);
    const failed = creations.once({ key: "k3", request: {} }, () => {
      throw unavailable("users_unavailable", "The users service cannot be reached");
    });
    expect(await problemOf(failed)).toMatchObject({ status: 503 });
    expect(await recorded(database)).toEqual(["k1"]);
    expect(await create(creations, "b", { key: "k2" })).toMatchObject({ replayed: false });
    expect(await create(creations, "c", { key: "k3" })).toMatchObject({ replayed: false });
    expect(await names(database)).toEqual(["a", "b", "c"]);
  });

  test("replicas that are asked at once create once between them, and answer the same", async () => {
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
      expect(new Set(answers.map(({ answer }) => JSON.stringify(answer))).size).toBe(1);
    }
    expect(await names(database)).toHaveLength(10);
  });

  test("a write whose answer is lost is found by the next try", async () => {
    await using opened = await open();
    const { database } = opened;
    const losing: Database = {
      ...database,
      async write(unit) {
        await database.write(unit);
        throw unavailable("database_unavailable", "The connection was lost");
      },
    };
    const once = { key: "k" };
    const lost = createCreations({ database: losing, now: () => 0 });
    expect(await problemOf(create(lost, "a", once))).toMatchObject({ status: 503 });
    expect(await create(lost, "a", once)).toMatchObject({ replayed: true });
    expect(await names(database)).toEqual(["a"]);
  });

  test("an index finds a key, however many there are", async () => {
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

  test("keys are kept for 24 hours, and swept after that in portions", async () => {
    let now = 0;
    await using opened = await open(() => now);
    const { database, creations } = opened;
    await recordKeys(database, 2_500);
    now = 1;
    await create(creations, "a", { key: "new" });
    now = KEY_LIFETIME_MS;
    await creations.sweep();
    expect(await recorded(database)).toHaveLength(2_501);
    now = KEY_LIFETIME_MS + 1;
    await creations.sweep();
    expect(await recorded(database)).toEqual(["new"]);
    now = KEY_LIFETIME_MS + 2;
    await creations.sweep();
    expect(await recorded(database)).toEqual([]);
    expect(await names(database)).toEqual(["a"]);
  });
});
