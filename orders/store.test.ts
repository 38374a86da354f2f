import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Database, Place, Who } from "../platform/index.ts";
import type { Random } from "../platform/seeding.ts";
import { create as creating, randomFrom, whoIs } from "../platform/testing.ts";
import type { NewOrder, Order, OrderQuery, OrderStatus } from "../shared/types.ts";
import { ENGINE_TIMEOUT_MS, ENGINES, explaining, freshDatabase } from "../tests/support/engines.ts";
import { drawSeed } from "../tests/support/seed.ts";
import { migrations } from "./migrations.ts";
import { seed } from "./seed.ts";
import { NEXT } from "./status.ts";
import { createOrderStore, type OrderStore } from "./store.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const EVERYONE = whoIs();
const NOW = Date.UTC(2026, 1, 3);
const now = () => NOW;
const from = (limit: number): Place => ({ createdAt: -1, id: "", limit });
const silent = { say() {}, progress() {}, print() {} };

async function create(database: Database, body: Partial<NewOrder> = {}, at = NOW): Promise<Order> {
  const store = createOrderStore(database, () => at);
  return creating(database, store.create({ user_id: "1", amount: 12.5, ...body }));
}

describe.each(ENGINES)("The order store on %s", (engine) => {
  test("reads back exactly what it wrote", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database, now);
    for (const body of [
      { amount: 0.01 },
      { amount: 0.29, currency: "USD" },
      { amount: 1_000_000_000, note: "20 – ₂₀ 😀 '\\" },
      { amount: 999_999_999.99, user_id: "x".repeat(64) },
    ]) {
      const order = await create(database, body);
      expect(await store.byId(order.id, EVERYONE)).toEqual({
        id: order.id,
        createdAt: NOW,
        tag: expect.stringMatching(/^"1\d{20}"$/),
        value: order,
      });
    }
    expect(await store.byId("unknown", EVERYONE)).toBeUndefined();
  });

  test("makes every allowed transition and no other", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database, now);
    const later = createOrderStore(database, () => NOW + 5);
    const paths: Record<OrderStatus, OrderStatus[]> = {
      pending: [],
      paid: ["paid"],
      shipped: ["paid", "shipped"],
      delivered: ["paid", "shipped", "delivered"],
      cancelled: ["cancelled"],
    };
    const statuses = Object.keys(NEXT) as OrderStatus[];
    for (const from of statuses) {
      for (const to of statuses) {
        const { id } = await create(database);
        for (const step of paths[from]) {
          await store.transition(id, { status: step }, EVERYONE);
        }
        const changed = await later.transition(id, { status: to }, EVERYONE);
        const found = await store.byId(id, EVERYONE);
        if (NEXT[from].includes(to)) {
          expect(changed).toEqual(found);
          expect(found?.value.status).toBe(to);
          expect(found?.tag).toStartWith(`"${paths[from].length + 2}`);
          expect(found?.value.updated_at).toBe(new Date(NOW + 5).toISOString());
        } else {
          expect(changed).toBeUndefined();
          expect(found?.value.status).toBe(from);
          expect(found?.tag).toStartWith(`"${paths[from].length + 1}`);
        }
      }
    }
  });

  test("makes a transition only with an accepted tag", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database, now);
    const { id } = await create(database);
    const go = (ifMatch: string) => store.transition(id, { status: "paid" }, whoIs({ ifMatch }));
    const tag = (await store.byId(id, EVERYONE))?.tag ?? "";
    for (const ifMatch of ['""', '"1"', `W/${tag}`, '"101234567890123456789", "2"'])
      expect(await go(ifMatch)).toBeUndefined();
    expect(await go(`"7", ${tag}`)).toMatchObject({ value: { status: "paid" } });
    expect(await go(tag)).toBeUndefined();
  });

  test("never dates a change before the creation or an earlier change", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const { id } = await create(database);
    const times: (string | undefined)[] = [];
    for (const [status, at] of [
      ["paid", NOW - 5],
      ["shipped", NOW + 5],
      ["delivered", NOW + 1],
    ] as const) {
      const store = createOrderStore(database, () => at);
      times.push((await store.transition(id, { status }, EVERYONE))?.value.updated_at);
    }
    expect(times).toEqual([NOW, NOW + 5, NOW + 5].map((at) => new Date(at).toISOString()));
  });

  test("changes an order of the previous version, which knows no revisions, and its tag", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database, now);
    const { id } = await create(database);
    await database.write([{ text: "UPDATE orders SET revision = NULL", values: [] }]);
    const old = (await store.byId(id, EVERYONE))?.tag ?? "";
    const who = whoIs({ ifMatch: old });
    const changed = await store.transition(id, { status: "paid" }, who);
    expect(changed?.tag).not.toBe(old);
    expect(await store.byId(id, EVERYONE)).toEqual(changed);
    expect(await store.transition(id, { status: "shipped" }, who)).toBeUndefined();
  });

  test("hides an order from every caller except its user", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const store = createOrderStore(fresh.database, now);
    const { id, user_id } = await create(fresh.database);
    const other = whoIs({ user: "other" });
    expect(await store.byId(id, other)).toBeUndefined();
    expect(await store.transition(id, { status: "cancelled" }, other)).toBeUndefined();
    const owner = whoIs({ user: user_id });
    expect((await store.byId(id, owner))?.value.status).toBe("pending");
    const moved = await store.transition(id, { status: "cancelled" }, owner);
    expect(moved?.value.status).toBe("cancelled");
  });

  test("lets exactly one of many concurrent transitions of an order succeed", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const stores = [fresh.database, await fresh.another()].map((one) => createOrderStore(one, now));
    const [store] = stores as [OrderStore];
    for (const isFree of [true, false]) {
      const { id } = await create(fresh.database);
      const first = whoIs({ ifMatch: (await store.byId(id, EVERYONE))?.tag });
      const changes = await Promise.all(
        Array.from({ length: 32 }, (_, index) =>
          (stores[index % 2] as OrderStore).transition(
            id,
            { status: index % 3 === 0 ? "cancelled" : "paid" },
            isFree && index >= 16 ? EVERYONE : first,
          ),
        ),
      );
      const won = changes.filter((change) => change !== undefined);
      // A transition without a tag can still cancel an order that another one has paid.
      const hasTwo = won.some(({ tag }) => tag.startsWith('"3'));
      expect(won.length).toBe(isFree && hasTwo ? 2 : 1);
      expect((await store.byId(id, EVERYONE))?.tag).toStartWith(`"${1 + won.length}`);
    }
  });

  test("lists only the user's orders, oldest first, filtered by status if given", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database, now);
    const second = await create(database, {}, NOW + 1);
    const first = await create(database, {}, NOW);
    await create(database, { user_id: "2" });
    const paid = await create(database, {}, NOW + 2);
    await store.transition(paid.id, { status: "paid" }, EVERYONE);
    const ids = async (status?: OrderStatus, limit = 10) =>
      (await store.list({ user_id: "1", ...(status && { status }) }, from(limit), EVERYONE)).map(
        ({ id }) => id,
      );
    expect(await ids()).toEqual([first.id, second.id, paid.id]);
    expect(await ids("paid")).toEqual([paid.id]);
    expect(await ids("pending")).toEqual([first.id, second.id]);
    expect(await ids("shipped")).toEqual([]);
    expect(await ids(undefined, 2)).toEqual([first.id, second.id]);
  });

  test("lists the orders of all users to everyone, and to others only their own", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database, now);
    const [second, first, paid] = [
      await create(database, { user_id: "2" }, NOW + 1),
      await create(database, {}, NOW),
      await create(database, {}, NOW + 2),
    ] as const;
    await store.transition(paid.id, { status: "paid" }, EVERYONE);
    const ids = async (who: Who, query: OrderQuery = {}, place = from(10)) =>
      (await store.list(query, place, who)).map(({ id }) => id);
    expect(await ids(EVERYONE)).toEqual([first.id, second.id, paid.id]);
    expect(await ids(EVERYONE, { status: "paid" })).toEqual([paid.id]);
    expect(await ids(EVERYONE, { status: "pending" })).toEqual([first.id, second.id]);
    const behind = { createdAt: NOW, id: first.id, limit: 1 };
    expect(await ids(EVERYONE, {}, behind)).toEqual([second.id]);
    expect(await ids(EVERYONE, { status: "pending" }, behind)).toEqual([second.id]);
    const [one, other, nobody] = [
      whoIs({ user: "1" }),
      whoIs({ user: "2" }),
      whoIs({ user: "a b" }),
    ];
    expect(await ids(one)).toEqual([first.id, paid.id]);
    expect(await ids(one, { status: "pending" })).toEqual([first.id]);
    expect(await ids(other)).toEqual([second.id]);
    expect(await ids(nobody)).toEqual([]);
    expect(await ids(nobody, { status: "pending" })).toEqual([]);
  });

  test("reads only what it lists, of orders whose status goes with their age", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    // As in life: what has to be shipped is new, and almost all is old. Ten users share it.
    const fill = `
      WITH RECURSIVE series (n) AS (
        SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < 50000)
      INSERT INTO orders
        (id, user_id, amount_minor, currency, status, version, created_at, updated_at)
      SELECT 'order-' || n, 'user-' || (n % 10), 1250, 'EUR',
        CASE WHEN n > 49000 THEN 'paid' WHEN n % 5 = 0 THEN 'cancelled' ELSE 'delivered' END,
        1, n, n FROM series`;
    await database.write([{ text: fill, values: [] }]);
    await database.write([{ text: "ANALYZE", values: [] }]);
    const place = { createdAt: 40_000, id: "", limit: 21 };
    const queries: [OrderQuery, index: string][] = [
      [{}, "orders_by_age"],
      [{ status: "paid" }, "orders_by_status"],
      [{ status: "delivered" }, "orders_by_status"],
      [{ user_id: "user-7" }, "orders_by_user"],
      [{ user_id: "user-7", status: "paid" }, "orders_by_user_and_status"],
    ];
    // Behind a pooler, statements may be unprepared: Postgres then plans for the values.
    for (const mode of ["generic", "custom"] as const) {
      const plans: string[] = [];
      const store = createOrderStore(explaining(database, plans, mode), now);
      for (const [query] of queries) await store.list(query, place, EVERYONE);
      for (const [at, [{ user_id }, index]] of queries.entries()) {
        expect(plans[at]).toMatch(new RegExp(` ${index}\\b`));
        expect(plans[at]).not.toMatch(/filter|temp b-tree|seq scan/i);
        // It may sort the few orders of one user.
        if (!user_id) expect(plans[at]).not.toMatch(/sort/i);
      }
    }
  });

  test("lists no order twice and skips no remaining one while rows are added and deleted", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database, now);
    const random: Random = randomFrom(drawSeed());
    const anyTime = () => NOW + Math.floor(random() * 20);
    const stay: string[] = [];
    const goers: string[] = [];
    for (let index = 0; index < 60; index += 1) {
      const { id } = await create(database, {}, anyTime());
      (random() < 0.5 ? stay : goers).push(id);
    }
    const seen: string[] = [];
    for (let place: Place | undefined = from(7); place;) {
      const page = await store.list({ user_id: "1" }, place, EVERYONE);
      seen.push(...page.map(({ id }) => id));
      const last = page.at(-1);
      place = last && { ...last, limit: 7 };
      const leaving = goers.splice(Math.floor(random() * goers.length), 2);
      for (const id of leaving) {
        await database.write([{ text: "DELETE FROM orders WHERE id = $1", values: [id] }]);
      }
      await create(database, {}, anyTime());
      if (seen.length > 200) break;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(stay.filter((id) => !seen.includes(id))).toEqual([]);
  });

  test("uses an index for every query and never sorts", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    await seed(database, { orders: 5_000, users: 2 }, silent);
    await database.write([{ text: "ANALYZE", values: [] }]);
    const plans: string[] = [];
    const store = createOrderStore(explaining(database, plans), now);
    const place = { createdAt: NOW - 365 * 24 * 60 * 60 * 1000, id: "7", limit: 21 };
    await store.byId("7", EVERYONE);
    await store.list({ user_id: "1" }, place, EVERYONE);
    await store.list({ user_id: "1", status: "paid" }, place, EVERYONE);
    await store.list({}, place, EVERYONE);
    await store.list({ status: "paid" }, place, EVERYONE);
    const expected = {
      sqlite: [
        "SEARCH orders USING INDEX sqlite_autoindex_orders_1 (id=?)",
        "SEARCH orders USING INDEX orders_by_user (user_id=? AND (created_at,id)>(?,?))",
        "SEARCH orders USING INDEX orders_by_user_and_status (user_id=? AND status=? AND (created_at,id)>(?,?))",
        "SEARCH orders USING INDEX orders_by_age ((created_at,id)>(?,?))",
        "SEARCH orders USING INDEX orders_by_status (status=? AND (created_at,id)>(?,?))",
      ],
      postgres: [
        "Index Scan using orders_pkey on orders",
        "Index Scan using orders_by_user on orders",
        "Index Scan using orders_by_user_and_status on orders",
        "Index Scan using orders_by_age on orders",
        "Index Scan using orders_by_status on orders",
      ],
    }[engine];
    for (const [index, plan] of plans.entries()) {
      expect(plan).toContain(expected[index] as string);
      // The owner of the one row that the key has found is all that may be filtered.
      const filtered = plan.toLowerCase().replace("filter: (($2 = ''::text)", "");
      expect(filtered).not.toMatch(/sort|temp b-tree|seq scan|filter/);
    }
    expect(plans).toHaveLength(5);
  });

  test("is seeded with two orders of Alice, only once", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const said = async () => (await seed(fresh.database, {}, silent)).text;
    expect(await said()).toBe("seeded order 1 of user 1 and order 2 of user 1");
    expect(await said()).toBe("nothing to seed: the database already has orders");
    const page = await createOrderStore(fresh.database, now).list(
      { user_id: "1" },
      from(10),
      EVERYONE,
    );
    expect(page.map(({ value: { id, amount } }) => [id, amount])).toEqual([
      ["1", 100.5],
      ["2", 200.75],
    ]);
  });

  test("is seeded in bulk with the requested number of orders, the same in every run", async () => {
    const samples: unknown[] = [];
    for (let run = 0; run < 2; run += 1) {
      await using fresh = await freshDatabase(engine, migrations);
      const lines: string[] = [];
      const output = { ...silent, progress: (line: string) => void lines.push(line) };
      const { text: said } = await seed(fresh.database, { orders: 6_001, users: 7 }, output);
      expect(said).toStartWith("seeded 6001 orders in ");
      expect(lines.at(-2)).toStartWith("100 % of 6001 orders, ");
      const text = `
        SELECT count(*) AS count, count(DISTINCT user_id) AS users, count(DISTINCT status) AS statuses,
          min(amount_minor) AS least, max(amount_minor) AS most, min(created_at) AS first,
          max(updated_at) AS last
        FROM orders`;
      const [sample] = await fresh.database.read(text, []);
      expect(sample).toMatchObject({ count: 6_001, users: 7, statuses: 5 });
      samples.push(sample);
    }
    expect(samples[0]).toEqual(samples[1]);
  });
});

test("The seed command rejects invalid options", async () => {
  await using fresh = await freshDatabase("sqlite", migrations);
  const refused = (options: object) => seed(fresh.database, options, silent).catch(String);
  expect(await refused({ orders: 0 })).toContain("--orders: expected a whole number of at least 1");
  expect(await refused({ orders: 1, users: 0 })).toContain("--users: expected a whole number");
  expect(await refused({ users: 3 })).toContain("--users needs --orders");
});
