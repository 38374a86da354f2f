/** Ownership: with authentication on, a caller sees and changes only its own resources. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { createLog } from "../../platform/process/log.ts";
import type { Order, User } from "../../shared/types.ts";
import { openApps } from "../support/apps.ts";
import { ask, pointersOf, problemIn } from "../support/ask.ts";
import { caller, IDENTITY } from "../support/callers.ts";

let apps: Awaited<ReturnType<typeof openApps>>;
let alice: Record<string, string>;
let bob: Record<string, string>;
let admin: Record<string, string>;
beforeEach(async () => {
  apps = await openApps({ environment: IDENTITY });
  [alice, bob, admin] = await Promise.all([
    caller("1"),
    caller("2"),
    // An admin needs no user.
    caller("root", "admin"),
  ]);
});
afterEach(() => apps.close());

type Options = { method?: string; headers?: Record<string, string>; body?: unknown };
const users = (path: string, options: Options = {}) => ask(apps.users, `/users${path}`, options);
const orders = (path: string, options: Options = {}) => ask(apps.orders, `/orders${path}`, options);

async function refusalOf(response: Promise<Response>) {
  const { status, code } = await problemIn(await response);
  return [status, code];
}

/** The ids of the users that a caller can list, all on one page. */
async function idsOf(query: string, headers: Record<string, string>): Promise<string[]> {
  const response = await users(query, { headers });
  expect(response.headers.has("link")).toBe(false);
  return ((await response.json()) as User[]).map(({ id }) => id);
}

function move(headers: Record<string, string>, status: string): Promise<Response> {
  return orders("/1", { method: "PATCH", headers, body: { status } });
}

function createKeyed(caller: Record<string, string>, user_id: string): Promise<Response> {
  const headers = { ...caller, "idempotency-key": "k" };
  return orders("", { headers, body: { user_id, amount: 1 } });
}

describe("A user", () => {
  test("is visible only to itself and to an admin", async () => {
    for (const headers of [alice, admin]) expect((await users("/1", { headers })).status).toBe(200);
    const others = [
      users("/1", { headers: bob }),
      users("/nobody", { headers: bob }),
      users("/1", { method: "PATCH", headers: bob, body: { name: "X" } }),
      users("/1", { method: "DELETE", headers: bob }),
      users("/1", { method: "DELETE", headers: { ...bob, "if-match": '"9"' } }),
    ];
    for (const one of others) expect(await refusalOf(one)).toEqual([404, "not_found"]);
    const found = (await (await users("/1", { headers: alice })).json()) as User;
    expect(found.name).toBe("Alice");
  });

  test("can change and delete itself", async () => {
    const change = { method: "PATCH", headers: alice, body: { name: "Alice Liddell" } };
    expect((await users("/1", change)).status).toBe(200);
    const stale = { method: "DELETE", headers: { ...alice, "if-match": '"1"' } };
    expect(await refusalOf(users("/1", stale))).toEqual([412, "stale"]);
    expect((await users("/1", { method: "DELETE", headers: alice })).status).toBe(204);
    expect(await refusalOf(users("/1", { headers: alice }))).toEqual([404, "not_found"]);
  });

  test("lists only itself, with any query", async () => {
    expect(await idsOf("", alice)).toEqual(["1"]);
    expect(await idsOf("?limit=1", alice)).toEqual(["1"]);
    expect(await idsOf("?email=alice@example.com", alice)).toEqual(["1"]);
    expect(await idsOf("?email=bob@example.com", alice)).toEqual([]);
    expect(await idsOf("", admin)).toEqual(["1", "2"]);
    expect(await idsOf("?email=bob@example.com", admin)).toEqual(["2"]);
    expect(await idsOf("", await caller("nobody"))).toEqual([]);
  });

  test("lists only itself with a cursor from an admin's page", async () => {
    const page = await users("?limit=1", { headers: admin });
    const cursor = /cursor=([^>]*)>/.exec(page.headers.get("link") ?? "")?.[1];
    expect(await idsOf(`?cursor=${cursor}`, alice)).toEqual([]);
    expect(await idsOf(`?cursor=${cursor}`, bob)).toEqual(["2"]);
  });
});

describe("A new user", () => {
  const CAROL = { name: "Carol", email: "carol@example.com" };

  test("has its caller's subject as its id", async () => {
    const headers = await caller("auth0|507f1f77");
    const response = await users("", { headers, body: CAROL });
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe("/users/auth0%7C507f1f77");
    expect(((await response.json()) as User).id).toBe("auth0|507f1f77");
    const location = response.headers.get("location")?.replace("/users", "") ?? "";
    expect((await users(location, { headers })).status).toBe(200);
    const body = { user_id: "auth0|507f1f77", amount: 1 };
    expect((await orders("", { headers, body })).status).toBe(201);
    expect((await orders("?user_id=auth0|507f1f77", { headers })).status).toBe(200);
  });

  test("is rejected with 409 if its caller already has a user or its email is taken", async () => {
    for (const body of [CAROL, { name: "Alice", email: "alice@example.com" }]) {
      const refused = users("", { headers: alice, body });
      expect(await refusalOf(refused)).toEqual([409, "user_exists"]);
    }
    const taken = users("", {
      headers: await caller("new"),
      body: { ...CAROL, email: "bob@example.com" },
    });
    expect(await refusalOf(taken)).toEqual([409, "email_taken"]);
  });

  test.each(["https://issuer.example.com/alice", "x".repeat(65), "a b", ".."])(
    "is rejected with 403 if the caller's subject is %s, which cannot be an id",
    async (subject) => {
      const refused = users("", { headers: await caller(subject), body: CAROL });
      expect(await refusalOf(refused)).toEqual([403, "subject_unusable"]);
    },
  );

  test("gets a generated id if an admin creates it, any number of times", async () => {
    for (const email of ["a@example.com", "b@example.com"]) {
      const response = await users("", { headers: admin, body: { ...CAROL, email } });
      expect(((await response.json()) as User).id).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe("An order", () => {
  test("is visible only to its user and to an admin", async () => {
    for (const headers of [alice, admin]) {
      const response = await orders("/1?expand=user", { headers });
      expect(await response.json()).toMatchObject({ id: "1", user: { id: "1", name: "Alice" } });
    }
    const others = [
      orders("/1", { headers: bob }),
      orders("/1?expand=user", { headers: bob }),
      orders("/1", { headers: { ...bob, "if-none-match": "*" } }),
      orders("/nothing", { headers: bob }),
      orders("/1", { method: "PATCH", headers: bob, body: { status: "cancelled" } }),
      orders("/1", { method: "PATCH", headers: bob, body: { status: "paid" } }),
      orders("/1", {
        method: "PATCH",
        headers: { ...bob, "if-match": '"9"' },
        body: { status: "cancelled" },
      }),
    ];
    for (const one of others) expect(await refusalOf(one)).toEqual([404, "not_found"]);
  });

  test("is listed for its user and for an admin; for other callers the user is not found", async () => {
    for (const headers of [alice, admin]) {
      const listed = (await (await orders("?user_id=1", { headers })).json()) as Order[];
      expect(listed.map(({ id }) => id)).toEqual(["1", "2"]);
    }
    for (const [id, headers] of [
      ["1", bob],
      ["nobody", bob],
      ["nobody", admin],
    ] as const) {
      const refused = await problemIn(await orders(`?user_id=${id}`, { headers }));
      expect(refused).toMatchObject({ status: 404, code: "user_not_found" });
      expect(pointersOf(refused)).toEqual(["/user_id"]);
    }
  });

  test("is in the list of all only for an admin, and otherwise in that of its user", async () => {
    const body = { user_id: "2", amount: 3 };
    await orders("", { headers: bob, body });
    const list = async (headers: Record<string, string>, query = "") => {
      const response = await orders(query, { headers });
      expect(response.status).toBe(200);
      return ((await response.json()) as Order[]).map(({ user_id }) => user_id);
    };
    expect(await list(admin)).toEqual(["1", "1", "2"]);
    expect(await list(admin, "?status=pending")).toEqual(["1", "1", "2"]);
    expect(await list(alice)).toEqual(["1", "1"]);
    expect(await list(bob, "?status=pending")).toEqual(["2"]);
    expect(await list(bob, "?status=paid")).toEqual([]);
    for (const unusable of ["nobody", "a b", "x".repeat(3_000)]) {
      expect(await list(await caller(unusable))).toEqual([]);
    }
    // Of a page of everyone's orders, a caller sees what is its own.
    const page = await orders("?limit=1", { headers: admin });
    const cursor = /cursor=([^>]*)>/.exec(page.headers.get("link") ?? "")?.[1];
    expect(await list(alice, `?cursor=${cursor}`)).toEqual(["1"]);
  });

  test("is in no list for a scope to read any resource by id", async () => {
    const others = "users:read:any orders:read:any things:read:any";
    const headers = await caller("2", `orders:read ${others}`);
    expect(await (await orders("", { headers })).json()).toEqual([]);
    const alone = orders("", { headers: await caller("2", others) });
    expect(await refusalOf(alone)).toEqual([403, "insufficient_scope"]);
  });

  test("is created by its user or an admin; for other callers the user is not found", async () => {
    const body = { user_id: "1", amount: 1 };
    for (const headers of [alice, admin]) {
      expect((await orders("", { headers, body })).status).toBe(201);
    }
    for (const user_id of ["1", "nobody"]) {
      const refused = await problemIn(
        await orders("", { headers: bob, body: { ...body, user_id } }),
      );
      expect(refused).toMatchObject({ status: 422, code: "user_not_found" });
      expect(pointersOf(refused)).toEqual(["/user_id"]);
    }
  });

  test("can be cancelled by its user; every other transition needs an admin", async () => {
    for (const status of ["pending", "paid", "shipped", "delivered"]) {
      const response = await orders("/1", { method: "PATCH", headers: alice, body: { status } });
      expect(response.headers.get("www-authenticate")).toBe(
        'Bearer realm="orders", error="insufficient_scope", scope="admin"',
      );
      expect((await problemIn(response)).status).toBe(403);
    }
    expect((await move(admin, "paid")).status).toBe(200);
    expect((await move(alice, "cancelled")).status).toBe(200);
    expect(await refusalOf(move(alice, "cancelled"))).toEqual([409, "invalid_transition"]);
    expect(await refusalOf(move(admin, "paid"))).toEqual([409, "invalid_transition"]);
  });

  test("is checked for its owner first, then for the scope, the version and the transition", async () => {
    const refusals = [
      [bob, 404, "not_found"],
      [alice, 403, "insufficient_scope"],
      [admin, 412, "stale"],
    ] as const;
    for (const [headers, ...refusal] of refusals) {
      const refused = move({ ...headers, "if-match": '"9"' }, "delivered");
      expect(await refusalOf(refused)).toEqual([...refusal]);
    }
  });
});

describe("An Idempotency-Key", () => {
  test("belongs to its caller: the same key of another caller creates another order", async () => {
    const first = await createKeyed(alice, "1");
    const again = await createKeyed(alice, "1");
    const other = await createKeyed(bob, "2");
    expect([first, again, other].map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(other.headers.has("idempotency-replayed")).toBe(false);
    expect(((await other.json()) as Order).user_id).toBe("2");
  });
});

describe("The token of the orders service", () => {
  test("allows reading any user by id, and nothing else", async () => {
    const headers = await caller("orders", "users:read users:read:any");
    expect((await users("/2", { headers })).status).toBe(200);
    expect(await (await users("", { headers })).json()).toEqual([]);
    expect(await (await users("?email=bob@example.com", { headers })).json()).toEqual([]);
    for (const method of ["PATCH", "DELETE"]) {
      const body = method === "PATCH" ? { name: "X" } : undefined;
      const refused = users("/2", { method, headers, body });
      expect(await refusalOf(refused)).toEqual([403, "insufficient_scope"]);
    }
    expect(
      await refusalOf(users("", { headers, body: { name: "O", email: "o@example.com" } })),
    ).toEqual([403, "insufficient_scope"]);
    expect(await refusalOf(orders("/1", { headers }))).toEqual([403, "insufficient_scope"]);
  });
});

test("An admin's change is logged, and a failed one is not", async () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ service: "orders", write: (line) => lines.push(JSON.parse(line)) });
  const environment = { ...IDENTITY, LOG_REQUESTS: "off" };
  const logged = await openApps({ environment, log });
  const change = (body: unknown) =>
    ask(logged.orders, "/orders/1", { method: "PATCH", headers: admin, body });
  expect((await change({ status: "delivered" })).status).toBe(409);
  expect((await change({ status: "lost" })).status).toBe(422);
  expect(lines).toEqual([]);

  await change({ status: "paid" });
  const created = await ask(logged.orders, "/orders", {
    headers: admin,
    body: { user_id: "1", amount: 1 },
  });
  const line = { message: "changed by an admin", subject: "root" };
  expect(lines).toMatchObject([
    { ...line, method: "PATCH", path: "/orders/1" },
    { ...line, method: "POST", path: "/orders", created: created.headers.get("location") },
  ]);
  await logged.close();
});
