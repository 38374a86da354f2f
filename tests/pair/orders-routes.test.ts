import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import type { Order, OrderStatus, OrderWithUser } from "../../shared/types.ts";
import { openApps } from "../support/apps.ts";
import { ask, nextPage, pointersOf, problemIn, timeOf } from "../support/ask.ts";

const NOW = Date.UTC(2026, 4, 6, 7, 8, 9, 10);

let apps: Awaited<ReturnType<typeof openApps>>;
let orders: (typeof apps)["orders"];
beforeEach(async () => {
  apps = await openApps({ now: () => NOW });
  orders = apps.orders;
});
afterEach(() => apps.close());

async function page(path: string): Promise<Order[]> {
  return (await (await ask(orders, path)).json()) as Order[];
}

async function create(body: object): Promise<Order> {
  return (await (await ask(orders, "/orders", { body })).json()) as Order;
}

/** The current entity tag of an order. */
async function tagOf(id: string): Promise<string> {
  return (await ask(orders, `/orders/${id}`)).headers.get("etag") ?? "";
}

function move(id: string, status: OrderStatus, headers = {}) {
  return ask(orders, `/orders/${id}`, { method: "PATCH", body: { status }, headers });
}

describe("GET /orders?user_id=", () => {
  test("returns the user's orders, oldest first", async () => {
    const answer = await ask(orders, "/orders?user_id=1");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("link")).toBeNull();
    expect(await answer.json()).toMatchObject([
      { id: "1", user_id: "1", amount: 100.5 },
      { id: "2", user_id: "1", amount: 200.75 },
    ]);
  });

  test("returns an empty list for a user without orders", async () => {
    expect(await page("/orders?user_id=2")).toEqual([]);
  });

  test("responds with 404 naming /user_id for an unknown user", async () => {
    const problem = await problemIn(await ask(orders, "/orders?user_id=nobody"));
    expect(problem).toMatchObject({ status: 404, code: "user_not_found" });
    expect(pointersOf(problem)).toEqual(["/user_id"]);
  });

  test("responds with 404 for a deleted user, although the orders remain", async () => {
    await ask(apps.users, "/users/1", { method: "DELETE" });
    expect((await ask(orders, "/orders?user_id=1")).status).toBe(404);
    expect((await ask(orders, "/orders/1")).status).toBe(200);
  });

  test("returns only the orders with the given status", async () => {
    await move("2", "paid");
    expect(await page("/orders?user_id=1&status=paid")).toMatchObject([{ id: "2" }]);
    expect(await page("/orders?user_id=1&status=pending")).toMatchObject([{ id: "1" }]);
    expect(await page("/orders?user_id=1&status=cancelled")).toEqual([]);
  });

  test("returns every order exactly once over all pages, for any page size and status", async () => {
    for (let n = 1; n <= 7; n++) {
      const { id } = await create({ user_id: "2", amount: n });
      if (n % 2 === 0) await move(id, "paid");
    }
    await create({ user_id: "1", amount: 1 });
    for (const filter of ["", "&status=paid", "&status=pending"]) {
      const all = (await page(`/orders?user_id=2${filter}&limit=100`)).map(({ id }) => id);
      expect(all).toHaveLength({ "": 7, "&status=paid": 3 }[filter] ?? 4);
      for (const limit of [1, 2, 3, 7, 8]) {
        const walked: string[] = [];
        for (let path: string | undefined = `/orders?user_id=2${filter}&limit=${limit}`; path;) {
          const answer = await ask(orders, path);
          walked.push(...((await answer.json()) as Order[]).map(({ id }) => id));
          path = nextPage(answer);
        }
        expect(walked).toEqual(all);
      }
    }
  });
});

describe("GET /orders", () => {
  test("returns the orders of all users, oldest first, and does not ask users", async () => {
    await create({ user_id: "2", amount: 3 });
    await ask(apps.users, "/users/1", { method: "DELETE" });
    await apps.users.close();
    const answer = await ask(orders, "/orders");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-status")).toBeNull();
    const listed = (await answer.json()) as Order[];
    expect(listed.map(({ user_id, amount }) => [user_id, amount])).toEqual([
      ["1", 100.5],
      ["1", 200.75],
      ["2", 3],
    ]);
  });

  test("returns every order exactly once over all pages, for any page size and status", async () => {
    for (let n = 1; n <= 7; n++) {
      const { id } = await create({ user_id: String(1 + (n % 2)), amount: n });
      if (n % 3 === 0) await move(id, "paid");
    }
    for (const [filter, count] of [
      ["", 9],
      ["&status=paid", 2],
      ["&status=pending", 7],
      ["&status=shipped", 0],
    ] as const) {
      const all = (await page(`/orders?limit=100${filter}`)).map(({ id }) => id);
      expect(all).toHaveLength(count);
      for (const limit of [1, 2, 3, 7, 10]) {
        const walked: string[] = [];
        for (let path: string | undefined = `/orders?limit=${limit}${filter}`; path;) {
          const answer = await ask(orders, path);
          walked.push(...((await answer.json()) as Order[]).map(({ id }) => id));
          path = nextPage(answer);
        }
        expect(walked).toEqual(all);
      }
    }
  });
});

describe("POST /orders", () => {
  test("responds with 201, the order, its Location and its ETag", async () => {
    const body = { user_id: "2", amount: 12.5, currency: "USD", note: "Ring twice 🔔" };
    const answer = await ask(orders, "/orders", { body });
    expect(answer.status).toBe(201);
    const order = (await answer.json()) as Order;
    const at = timeOf(NOW);
    const { id } = order;
    expect(order).toEqual({ id, ...body, status: "pending", created_at: at, updated_at: at });
    expect(answer.headers.get("location")).toBe(`/orders/${id}`);
    expect(answer.headers.get("etag")).toBe(await tagOf(id));
    expect(await page("/orders?user_id=2")).toEqual([order]);
    expect(await (await ask(orders, `/orders/${id}`)).json()).toEqual(order);
  });

  test("creates an order as pending and, by default, in EUR without a note", async () => {
    const order = await create({ user_id: "2", amount: 1 });
    expect(order).toMatchObject({ status: "pending", currency: "EUR" });
    expect(order).not.toHaveProperty("note");
  });

  test.each([
    ["the code for no currency", "XXX"],
    ["the code for tests", "XTS"],
    ["a currency of the past", "DEM"],
    ["a currency that has left the list", "BGN"],
    ["gold", "XAU"],
    ["a unit of account", "CHE"],
    ["an unknown code", "ABC"],
    ["a currency with three decimal places", "BHD"],
    ["a currency with four decimal places", "UYW"],
  ])("responds with 422 naming /currency for %s, %s", async (_what, currency) => {
    const body = { user_id: "2", amount: 1, currency };
    const problem = await problemIn(await ask(orders, "/orders", { body }));
    expect(problem).toMatchObject({ status: 422, code: "invalid_body" });
    const detail =
      "Expected the code of a currency in use, with two decimal places at most, like EUR";
    expect(problem.errors).toEqual([{ pointer: "/currency", detail }]);
    expect(await page("/orders?user_id=2")).toEqual([]);
  });

  test("accepts only whole amounts in a currency without decimal places", async () => {
    const body = { user_id: "2", amount: 0.5, currency: "JPY" };
    const problem = await problemIn(await ask(orders, "/orders", { body }));
    expect(problem).toMatchObject({ status: 422, code: "invalid_body" });
    const detail = "Expected a whole number: the currency has no decimal places";
    expect(problem.errors).toEqual([{ pointer: "/amount", detail }]);
    expect(await page("/orders?user_id=2")).toEqual([]);
    const order = await create({ ...body, amount: 500 });
    expect(order).toMatchObject({ amount: 500, currency: "JPY" });
    expect(await page("/orders?user_id=2")).toEqual([order]);
  });

  test("responds with 422 naming /user_id for an unknown user, and writes nothing", async () => {
    const body = { user_id: "nobody", amount: 1 };
    const problem = await problemIn(await ask(orders, "/orders", { body }));
    expect(problem).toMatchObject({ status: 422, code: "user_not_found" });
    expect(pointersOf(problem)).toEqual(["/user_id"]);
    const [row] = await orders.database.read("SELECT count(*) AS count FROM orders", []);
    expect(row).toEqual({ count: 2 });
  });

  test.each([
    "0.01",
    "0.1",
    "0.07",
    "0.29",
    "0.57",
    "1.1",
    "4.35",
    "8.2",
    "16.4",
    "100.50",
    "200.75",
    "1.15e2",
    "0.1e1",
    "1e9",
    "1000000000",
    "999999999.99",
    "123456789.01",
    "70.70",
    "1.10",
  ])("accepts an amount of %s and returns the same number", async (amount) => {
    const answer = await ask(orders, "/orders", {
      body: `{"user_id":"2","amount":${amount}}`,
      headers: { "content-type": "application/json" },
    });
    expect(answer.status).toBe(201);
    const created = (await answer.json()) as Order;
    expect(created.amount).toBe(Number(amount));
    expect(await (await ask(orders, `/orders/${created.id}`)).json()).toEqual(created);
  });

  test.each([
    "1.005",
    "0",
    "-0",
    "0.001",
    "0.009",
    "0.004999",
    "1e-7",
    "-1",
    "-0.01",
    "1000000000.01",
    "1000000001",
    "1e300",
    "1e999",
    "0.30000000000000004",
    "0.015",
    "9.999",
    '"100.50"',
    '"1"',
    "null",
    "true",
    "[1]",
    "{}",
  ])("rejects an amount of %s with 422 naming /amount", async (amount) => {
    const answer = await ask(orders, "/orders", {
      body: `{"user_id":"2","amount":${amount}}`,
      headers: { "content-type": "application/json" },
    });
    const problem = await problemIn(answer);
    expect(problem).toMatchObject({ status: 422, code: "invalid_body" });
    expect(pointersOf(problem)).toEqual(["/amount"]);
  });

  test.each(["NaN", "Infinity", "0x10", "1_000", ".5", "1.", "01", "+1", "1,5", "undefined"])(
    "rejects an amount of %s, which is not JSON, with 400",
    async (amount) => {
      const answer = await ask(orders, "/orders", {
        body: `{"user_id":"2","amount":${amount}}`,
        headers: { "content-type": "application/json" },
      });
      expect(await problemIn(answer)).toMatchObject({ status: 400, code: "malformed_json" });
    },
  );

  test("stores amounts exactly, so SQL sums them without rounding errors", async () => {
    for (let n = 0; n < 10; n++) await create({ user_id: "2", amount: 0.1 });
    const [row] = await orders.database.read(
      "SELECT sum(amount_minor) AS sum FROM orders WHERE user_id = $1",
      ["2"],
    );
    expect(row).toEqual({ sum: 100 });
  });

  test("creates one order for concurrent requests with the same Idempotency-Key", async () => {
    const body = { user_id: "2", amount: 1 };
    const headers = { "idempotency-key": "k1" };
    const asked = Array.from({ length: 8 }, () => ask(orders, "/orders", { body, headers }));
    for (const { status } of await Promise.all(asked)) expect([201, 409]).toContain(status);
    expect(await page("/orders?user_id=2")).toHaveLength(1);
    const again = await ask(orders, "/orders", { body, headers });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await page("/orders?user_id=2")).toEqual([(await again.json()) as Order]);
  });

  test("replays the response to an Idempotency-Key after the user is deleted", async () => {
    const options = { body: { user_id: "2", amount: 1 }, headers: { "idempotency-key": "k1" } };
    const first = await ask(orders, "/orders", options);
    await ask(apps.users, "/users/2", { method: "DELETE" });
    const again = await ask(orders, "/orders", options);
    expect(again.status).toBe(201);
    expect(await again.json()).toEqual(await first.json());
  });

  test("does not record a failure, so the Idempotency-Key can be used again", async () => {
    const headers = { "idempotency-key": "k1" };
    const [early, late] = ["nobody", "2"].map((user_id) => ({
      body: { user_id, amount: 1 },
      headers,
    }));
    expect((await ask(orders, "/orders", early)).status).toBe(422);
    expect((await ask(orders, "/orders", late)).status).toBe(201);
  });
});

describe("GET /orders/{id}", () => {
  test("returns the order with an ETag, and responds with 304 if the client has it", async () => {
    const answer = await ask(orders, "/orders/1");
    expect(answer.status).toBe(200);
    const headers = { "if-none-match": answer.headers.get("etag") ?? "" };
    expect((await ask(orders, "/orders/1", { headers })).status).toBe(304);
    await move("1", "paid");
    expect((await ask(orders, "/orders/1", { headers })).status).toBe(200);
  });

  test("responds with 404 for an unknown id", async () => {
    const problem = await problemIn(await ask(orders, "/orders/nope"));
    expect(problem).toMatchObject({ status: 404, code: "not_found" });
  });

  test("embeds the user if expand=user is given, and then sends no ETag", async () => {
    const headers = { "if-none-match": await tagOf("1") };
    const answer = await ask(orders, "/orders/1?expand=user", { headers });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("etag")).toBeNull();
    const { user, ...order } = (await answer.json()) as OrderWithUser;
    expect(user).toMatchObject({ id: "1", name: "Alice" });
    expect(order).toEqual((await (await ask(orders, "/orders/1")).json()) as Order);
  });

  test("embeds null for a deleted user", async () => {
    await ask(apps.users, "/users/1", { method: "DELETE" });
    const answer = await ask(orders, "/orders/1?expand=user");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ id: "1", user: null });
  });
});

test("An order in a currency that is no longer accepted can still be read and changed", async () => {
  const text = `
    INSERT INTO orders (id, user_id, amount_minor, currency, status, version, created_at, updated_at)
    VALUES ('old', '2', 50, $1, 'pending', 1, 1, 1)`;
  await orders.database.write([{ text, values: ["DEM"] }]);
  expect(await (await ask(orders, "/orders/old")).json()).toMatchObject({ currency: "DEM" });
  expect(await page("/orders?user_id=2")).toMatchObject([{ id: "old", amount: 0.5 }]);
  expect(await (await move("old", "paid")).json()).toMatchObject({ currency: "DEM" });
});

describe("PATCH /orders/{id}", () => {
  const LEGAL = [
    "pending paid",
    "paid shipped",
    "shipped delivered",
    "pending cancelled",
    "paid cancelled",
  ];
  const WAYS: Record<OrderStatus, OrderStatus[]> = {
    pending: [],
    paid: ["paid"],
    shipped: ["paid", "shipped"],
    delivered: ["paid", "shipped", "delivered"],
    cancelled: ["cancelled"],
  };
  const STATUSES = Object.keys(WAYS) as OrderStatus[];

  test.each(STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const)))(
    "of a %s order to %s is accepted if the transition is allowed, and otherwise responds with 409",
    async (from, to) => {
      for (const status of WAYS[from]) expect((await move("1", status)).status).toBe(200);
      const before = await ask(orders, "/orders/1");
      const answer = await move("1", to);
      const after = await ask(orders, "/orders/1");
      if (LEGAL.includes(`${from} ${to}`)) {
        expect(answer.status).toBe(200);
        expect(answer.headers.get("etag")).toBe(after.headers.get("etag"));
        expect(answer.headers.get("etag")).not.toBe(before.headers.get("etag"));
        const order = (await answer.json()) as Order;
        expect(order).toMatchObject({ status: to, updated_at: timeOf(NOW) });
        expect(await after.json()).toEqual(order);
      } else {
        expect(await problemIn(answer)).toMatchObject({ status: 409, code: "invalid_transition" });
        expect(after.headers.get("etag")).toBe(before.headers.get("etag"));
        expect(await after.json()).toEqual(await before.json());
      }
    },
  );

  test("accepts one of two concurrent transitions", async () => {
    const answers = await Promise.all([move("1", "paid"), move("1", "paid")]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  });

  test("changes the order if If-Match names its tag, and otherwise responds with 412", async () => {
    const tag = await tagOf("1");
    const problem = await problemIn(await move("1", "paid", { "if-match": `"2", W/${tag}` }));
    const detail = expect.stringContaining("names a weak ETag");
    expect(problem).toMatchObject({ status: 412, code: "stale", detail });
    expect((await move("1", "paid", { "if-match": `"2", ${tag}` })).status).toBe(200);
  });

  test("prefers 404 to 412, and 412 to 409", async () => {
    const headers = { "if-match": '"9"' };
    expect((await move("nope", "delivered", headers)).status).toBe(404);
    expect((await move("1", "delivered", headers)).status).toBe(412);
    const known = { "if-match": await tagOf("1") };
    expect((await move("1", "delivered", known)).status).toBe(409);
  });
});
