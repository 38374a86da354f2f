import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Database } from "../platform/database/database.ts";
import { type Random, randomFrom } from "../platform/database/seed.ts";
import { tagsAdmitted } from "../platform/http/etag.ts";
import type { Position } from "../platform/http/page.ts";
import { ANYONE, ownedBy } from "../platform/identity/owner.ts";
import type { NewOrder, Order, OrderStatus } from "../shared/types.ts";
import { ENGINE_TIMEOUT_MS, ENGINES, explaining, freshDatabase } from "../tests/support/engines.ts";
import { drawSeed } from "../tests/support/seed.ts";
import { migrations } from "./migrations.ts";
import { seed } from "./seed.ts";
import { NEXT } from "./status.ts";
import { createOrderStore, newOrder, type OrderStore } from "./store.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const ANY = tagsAdmitted(undefined);
const START: Position = { createdAt: -1, id: "" };
const NOW = Date.UTC(2026, 1, 3);
const silent = { say() {}, progress() {}, print() {} };

async function create(
  { database, store }: { database: Database; store: OrderStore },
  body: Partial<NewOrder> = {},
  now = NOW,
): Promise<Order> {
  const order = newOrder({ user_id: "1", amount: 12.5, ...body }, now);
  await database.write([store.insertion(order).insert]);
  return order;
}

describe.each(ENGINES)("The order store on %s", (engine) => {
  test("reads back exactly what it wrote", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database);
    for (const body of [
      { amount: 0.01 },
      { amount: 0.29, currency: "USD" },
      { amount: 1_000_000_000, note: "20 – ₂₀ 😀 '\\" },
      { amount: 999_999_999.99, user_id: "x".repeat(64) },
    ]) {
      const order = await create({ database, store }, body);
      expect(await store.byId(order.id, ANYONE)).toEqual({
        id: order.id,
        createdAt: NOW,
        tag: expect.stringMatching(/^"1\d{20}"$/),
        order,
      });
    }
    expect(await store.byId("unknown", ANYONE)).toBeUndefined();
  });

  test("makes every allowed transition and no other", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database);
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
        const { id } = await create({ database, store });
        for (const step of paths[from]) {
          await store.transition(id, step, { tags: ANY, owner: ANYONE, now: NOW });
        }
        const changed = await store.transition(id, to, {
          tags: ANY,
          owner: ANYONE,
          now: NOW + 5,
        });
        const found = await store.byId(id, ANYONE);
        if (NEXT[from].includes(to)) {
          expect(changed).toEqual(found);
          expect(found?.order.status).toBe(to);
          expect(found?.tag).toStartWith(`"${paths[from].length + 2}`);
          expect(found?.order.updated_at).toBe(new Date(NOW + 5).toISOString());
        } else {
          expect(changed).toBeUndefined();
          expect(found?.order.status).toBe(from);
          expect(found?.tag).toStartWith(`"${paths[from].length + 1}`);
        }
      }
    }
  });

  test("makes a transition only with an accepted tag", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database);
    const { id } = await create({ database, store });
    const go = (ifMatch: string) =>
      store.transition(id, "paid", {
        tags: tagsAdmitted(ifMatch),
        owner: ANYONE,
        now: NOW,
      });
    const tag = (await store.byId(id, ANYONE))?.tag ?? "";
    for (const ifMatch of ['""', '"1"', `W/${tag}`, '"101234567890123456789", "2"'])
      expect(await go(ifMatch)).toBeUndefined();
    expect(await go(`"7", ${tag}`)).toMatchObject({ order: { status: "paid" } });
    expect(await go(tag)).toBeUndefined();
  });

  test("never dates a change before the creation or an earlier change", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database);
    const { id } = await create({ database, store });
    const change = { tags: ANY, owner: ANYONE };
    const times: (string | undefined)[] = [];
    for (const [status, now] of [
      ["paid", NOW - 5],
      ["shipped", NOW + 5],
      ["delivered", NOW + 1],
    ] as const) {
      times.push((await store.transition(id, status, { ...change, now }))?.order.updated_at);
    }
    expect(times).toEqual([NOW, NOW + 5, NOW + 5].map((at) => new Date(at).toISOString()));
  });

  test("changes an order of the previous version, which knows no revisions, and its tag", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database);
    const { id } = await create({ database, store });
    await database.write([{ text: "UPDATE orders SET revision = NULL", values: [] }]);
    const old = (await store.byId(id, ANYONE))?.tag ?? "";
    const change = { tags: tagsAdmitted(old), owner: ANYONE, now: NOW };
    const changed = await store.transition(id, "paid", change);
    expect(changed?.tag).not.toBe(old);
    expect(await store.byId(id, ANYONE)).toEqual(changed);
    expect(await store.transition(id, "shipped", change)).toBeUndefined();
  });

  test("hides an order from every caller except its user", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const store = createOrderStore(fresh.database);
    const { id, user_id } = await create({ database: fresh.database, store });
    const change = { tags: ANY, now: NOW };
    const other = ownedBy("other");
    expect(await store.byId(id, other)).toBeUndefined();
    expect(await store.transition(id, "cancelled", { ...change, owner: other })).toBeUndefined();
    const owner = ownedBy(user_id);
    expect((await store.byId(id, owner))?.order.status).toBe("pending");
    const moved = await store.transition(id, "cancelled", { ...change, owner });
    expect(moved?.order.status).toBe("cancelled");
  });

  test("lets exactly one of many concurrent transitions of an order succeed", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const stores = [fresh.database, await fresh.another()].map(createOrderStore);
    const [store] = stores as [OrderStore];
    for (const isFree of [true, false]) {
      const { id } = await create({ database: fresh.database, store });
      const first = tagsAdmitted((await store.byId(id, ANYONE))?.tag);
      const changes = await Promise.all(
        Array.from({ length: 32 }, (_, index) =>
          (stores[index % 2] as OrderStore).transition(id, index % 3 === 0 ? "cancelled" : "paid", {
            tags: isFree && index >= 16 ? ANY : first,
            owner: ANYONE,
            now: NOW,
          }),
        ),
      );
      const won = changes.filter((change) => change !== undefined);
      // A transition without a tag can still cancel an order that another one has paid.
      const hasTwo = won.some(({ tag }) => tag.startsWith('"3'));
      expect(won.length).toBe(isFree && hasTwo ? 2 : 1);
      expect((await store.byId(id, ANYONE))?.tag).toStartWith(`"${1 + won.length}`);
    }
  });

  test("lists only the user's orders, oldest first, filtered by status if given", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database);
    const second = await create({ database, store }, {}, NOW + 1);
    const first = await create({ database, store }, {}, NOW);
    await create({ database, store }, { user_id: "2" });
    const paid = await create({ database, store }, {}, NOW + 2);
    await store.transition(paid.id, "paid", { tags: ANY, owner: ANYONE, now: NOW });
    const ids = async (status?: OrderStatus, limit = 10) =>
      (await store.list({ user_id: "1", status }, START, { limit })).map(({ id }) => id);
    expect(await ids()).toEqual([first.id, second.id, paid.id]);
    expect(await ids("paid")).toEqual([paid.id]);
    expect(await ids("pending")).toEqual([first.id, second.id]);
    expect(await ids("shipped")).toEqual([]);
    expect(await ids(undefined, 2)).toEqual([first.id, second.id]);
  });

  test("lists no order twice and skips no remaining one while rows are added and deleted", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createOrderStore(database);
    const random: Random = randomFrom(drawSeed());
    const anyTime = () => NOW + Math.floor(random() * 20);
    const stay: string[] = [];
    const goers: string[] = [];
    for (let index = 0; index < 60; index += 1) {
      const { id } = await create({ database, store }, {}, anyTime());
      (random() < 0.5 ? stay : goers).push(id);
    }
    const seen: string[] = [];
    for (let from: Position | undefined = START; from;) {
      const page = await store.list({ user_id: "1" }, from, { limit: 7 });
      seen.push(...page.map(({ id }) => id));
      from = page.at(-1);
      const leaving = goers.splice(Math.floor(random() * goers.length), 2);
      for (const id of leaving) {
        await database.write([{ text: "DELETE FROM orders WHERE id = $1", values: [id] }]);
      }
      await create({ database, store }, {}, anyTime());
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
    const store = createOrderStore(explaining(database, plans));
    const from = { createdAt: NOW - 365 * 24 * 60 * 60 * 1000, id: "7" };
    await store.byId("7", ANYONE);
    await store.list({ user_id: "1" }, from, { limit: 21 });
    await store.list({ user_id: "1", status: "paid" }, from, { limit: 21 });
    const expected = {
      sqlite: [
        "SEARCH orders USING INDEX sqlite_autoindex_orders_1 (id=?)",
        "SEARCH orders USING INDEX orders_by_user (user_id=? AND (created_at,id)>(?,?))",
        "SEARCH orders USING INDEX orders_by_user_and_status (user_id=? AND status=? AND (created_at,id)>(?,?))",
      ],
      postgres: [
        "Index Scan using orders_pkey on orders",
        "Index Scan using orders_by_user on orders",
        "Index Scan using orders_by_user_and_status on orders",
      ],
    }[engine];
    for (const [index, plan] of plans.entries()) {
      expect(plan).toContain(expected[index] as string);
      // The owner of the one row that the key has found is all that may be filtered.
      const filtered = plan.toLowerCase().replace("filter: (($2 = ''::text)", "");
      expect(filtered).not.toMatch(/sort|temp b-tree|seq scan|filter/);
    }
    expect(plans).toHaveLength(3);
  });

  test("is seeded with two orders of Alice, only once", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    expect(await seed(fresh.database, {}, silent)).toBe("seeded orders 1 and 2 of user 1");
    expect(await seed(fresh.database, {}, silent)).toBe(
      "nothing to seed: the database already has orders",
    );
    const page = await createOrderStore(fresh.database).list({ user_id: "1" }, START, {
      limit: 10,
    });
    expect(page.map(({ order: { id, amount } }) => [id, amount])).toEqual([
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
      expect(await seed(fresh.database, { orders: 6_001, users: 7 }, output)).toStartWith(
        "seeded 6001 orders in ",
      );
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
