import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { openApps } from "./support/apps.ts";
import { ask, problemIn } from "./support/ask.ts";
import { createUsersClient, usersSettings } from "./support/users-client.ts";

const ALICE = {
  id: "1",
  name: "Alice",
  email: "alice@example.com",
  created_at: "2026-01-02T03:04:05.000Z",
  updated_at: "2026-01-02T03:04:05.000Z",
};
const PROBLEM = {
  type: "about:blank",
  title: "Not Found",
  status: 404,
  detail: "No user has this id",
  code: "not_found",
  request_id: "r",
};

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  return Response.json(
    { ...PROBLEM, status, code },
    { status, headers: { "content-type": "application/problem+json", ...headers } },
  );
}

function text(body: string, status = 200, type = "application/json"): Response {
  return new Response(body, { status, headers: { "content-type": type } });
}

/** A stub of `users`, on its own port. */
let answer: (request: Request) => Response | Promise<Response>;
let stub: Bun.Server<undefined>;
let apps: Awaited<ReturnType<typeof openApps>>;

/** A client of the stub. */
function clientOf(baseUrl: string, timeoutMs = 10_000) {
  const settings = usersSettings({
    USERS_URL: baseUrl,
    USERS_TIMEOUT_MS: String(timeoutMs),
    USERS_CACHE_TTL_MS: "0",
  });
  const { byId, ping } = createUsersClient({ ...settings, attemptTimeoutMs: timeoutMs, fetch });
  const request = new Request("http://localhost", { headers: { "x-request-id": "r" } });
  return { byId: async (id: string) => byId(id, request), ping };
}

beforeEach(async () => {
  stub = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => answer(request) });
  apps = await openApps({ environment: { USERS_URL: stub.url.href, USERS_TIMEOUT_MS: "10000" } });
});
afterEach(async () => {
  await stub.stop(true);
  await apps.close();
});

async function orderCount(): Promise<unknown> {
  const [row] = await apps.orders.database.read("SELECT count(*) AS count FROM orders", []);
  return row?.["count"];
}

async function expectUnavailable(retryAfter = "1") {
  const refused = await ask(apps.orders, "/orders", { body: { user_id: "1", amount: 1 } });
  expect(refused.headers.get("retry-after")).toBe(retryAfter);
  const { status, code } = await problemIn(refused);
  expect([status, code]).toEqual([503, "users_unavailable"]);
  expect((await ask(apps.orders, "/orders?user_id=1")).status).toBe(503);
  expect((await ask(apps.orders, "/orders/1?expand=user")).status).toBe(503);
  expect((await ask(apps.orders, "/orders/1")).status).toBe(200);
  expect(await orderCount()).toBe(2);
}

test("byId returns the user and sends the request id", async () => {
  const ids: (string | null)[] = [];
  answer = ({ headers, url }) => {
    ids.push(headers.get("x-request-id"), new URL(url).pathname);
    return Response.json(ALICE);
  };
  expect(await clientOf(stub.url.href).byId("1")).toEqual({ value: ALICE });
  expect(ids).toEqual(["r", "/users/1"]);
});

test("byId returns undefined for a 404 that is a problem document of users", async () => {
  answer = () => problem(404, "not_found");
  expect(await clientOf(stub.url.href).byId("1")).toEqual({ value: undefined });
});

test("orders ignores an unknown field in the response of users and does not return it", async () => {
  answer = () => Response.json({ ...ALICE, locale: "en" });
  const shown = await ask(apps.orders, "/orders/1?expand=user");
  expect(await shown.json()).toMatchObject({ user: ALICE });
});

test("orders sends the id of its request to users", async () => {
  const ids: (string | null)[] = [];
  answer = ({ headers }) => {
    ids.push(headers.get("x-request-id"));
    return Response.json(ALICE);
  };
  const headers = { "x-request-id": "from-the-client" };
  await ask(apps.orders, "/orders?user_id=1", { headers });
  await ask(apps.orders, "/orders", { body: { user_id: "1", amount: 1 }, headers });
  await ask(apps.orders, "/orders/1?expand=user", { headers });
  expect(ids).toEqual(["from-the-client", "from-the-client", "from-the-client"]);
});

describe("The orders service", () => {
  test.each<[string, () => Response | Promise<Response>]>([
    ["an HTML page", () => text("<html>", 200, "text/html")],
    ["an HTML 404, for example of a proxy", () => text("<html>Not Found", 404, "text/html")],
    ["a 404 of another service", () => apps.orders.handle(new Request("http://localhost/users/1"))],
    ["another user", () => Response.json({ ...ALICE, id: "2" })],
    ["a user without an email", () => Response.json({ ...ALICE, email: undefined })],
    ["a 401", () => problem(401, "invalid_token")],
    ["a 500", () => problem(500, "internal")],
  ])("responds with 502 if users sends %s", async (_what, nonsense) => {
    answer = nonsense;
    const body = { user_id: "1", amount: 1 };
    for (const [path, options] of [
      ["/orders?user_id=1", {}],
      ["/orders/1?expand=user", {}],
      ["/orders", { body }],
    ] as const) {
      const { status, code, detail } = await problemIn(await ask(apps.orders, path, options));
      expect([status, code]).toEqual([502, "users_bad_answer"]);
      expect(detail).toBe("The users service sent an invalid response");
    }
    expect(await orderCount()).toBe(2);
  });
});

describe("The orders service", () => {
  test("responds with 503 and writes nothing if users refuses the connection", async () => {
    await stub.stop(true);
    await expectUnavailable();
  });

  test("responds with 503 and the Retry-After of users if users responds with 503", async () => {
    answer = () => problem(503, "database_unavailable", { "retry-after": "30" });
    await expectUnavailable("30");
  });

  test("responds with 503 and replaces an invalid Retry-After if users responds with 429", async () => {
    answer = () => problem(429, "too_many_requests", { "retry-after": "tomorrow" });
    await expectUnavailable();
  });
});

describe("A users service that never responds", () => {
  const timeout = { status: 504, code: "users_timeout" };

  test("makes byId and ping reject with users_timeout", async () => {
    answer = () => new Promise(() => {});
    await expect(clientOf(stub.url.href, 50).byId("1")).rejects.toMatchObject(timeout);
    await expect(clientOf(stub.url.href, 50).ping()).rejects.toMatchObject(timeout);
  });

  test("makes POST /orders respond with 504 and write nothing", async () => {
    answer = () => new Promise(() => {});
    await apps.close();
    apps = await openApps({ environment: { USERS_URL: stub.url.href, USERS_TIMEOUT_MS: "50" } });
    const answered = await ask(apps.orders, "/orders", { body: { user_id: "1", amount: 1 } });
    expect(await problemIn(answered)).toMatchObject(timeout);
    expect(await orderCount()).toBe(2);
  });
});

describe("An Idempotency-Key", () => {
  const options = { body: { user_id: "1", amount: 1 }, headers: { "idempotency-key": "k1" } };

  test("is rejected with 409 and Retry-After while the first request still waits for users", async () => {
    const release = Promise.withResolvers<Response>();
    const asked = Promise.withResolvers<void>();
    answer = () => {
      asked.resolve();
      return release.promise;
    };
    const first = ask(apps.orders, "/orders", options);
    await asked.promise;
    const second = await ask(apps.orders, "/orders", options);
    expect(second.headers.get("retry-after")).toBe("1");
    expect(await problemIn(second)).toMatchObject({ status: 409, code: "idempotency_key_in_use" });
    release.resolve(Response.json(ALICE));
    expect((await first).status).toBe(201);
    expect(await orderCount()).toBe(3);
  });

  test("can be used again after users was unavailable", async () => {
    answer = () => problem(503, "database_unavailable");
    expect((await ask(apps.orders, "/orders", options)).status).toBe(503);
    answer = () => Response.json(ALICE);
    expect((await ask(apps.orders, "/orders", options)).status).toBe(201);
    expect(await orderCount()).toBe(3);
  });
});
