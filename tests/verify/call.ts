/**
 * The call from orders to users between real processes, by generated clients. In memory:
 * tests/users-client.test.ts.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import createClient from "openapi-fetch";

import type { paths as OrdersPaths } from "../../docs/openapi/orders.d.ts";
import type { paths as UsersPaths } from "../../docs/openapi/users.d.ts";
import type { ServiceName } from "../../services.ts";
import { type Conformance, createConformance, documentOf } from "../support/document.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { type Running, startService } from "../support/processes.ts";

// Starting and killing processes takes long on a busy machine.
setDefaultTimeout(60_000);

/** Long enough for a service on this machine, short enough for a test of the timeout. */
const USERS_TIMEOUT_MS = 1_000;

const folder = temporaryFolder();
const usersDatabase = `sqlite://${join(folder.path, "users.db")}`;
const ordersDatabase = `sqlite://${join(folder.path, "orders.db")}`;

let users: Running;
let orders: Running;
/** Generated clients that check each response against the service's document. */
const usersClient = createClient<UsersPaths>(overNetwork(() => users));
const ordersClient = createClient<OrdersPaths>(overNetwork(() => orders));

const ALICE = { params: { query: { user_id: "1" } } };

beforeAll(async () => {
  await Promise.all([seed("users", usersDatabase), seed("orders", ordersDatabase)]);
  users = await startService("users", { DATABASE_URL: usersDatabase });
  orders = await startOrders(users.url);
});
afterAll(async () => {
  await Promise.all([users.stop(), orders.stop()]);
  folder[Symbol.dispose]();
});

async function seed(name: ServiceName, DATABASE_URL: string): Promise<void> {
  const command = [process.execPath, join(ROOT, name, "main.ts"), "seed"];
  const child = Bun.spawn(command, { env: { DATABASE_URL }, stderr: "ignore" });
  expect(await child.exited).toBe(0);
}

function startOrders(usersUrl: string, database = ordersDatabase): Promise<Running> {
  return startService("orders", {
    DATABASE_URL: database,
    USERS_URL: usersUrl,
    USERS_TIMEOUT_MS: String(USERS_TIMEOUT_MS),
    // No cache, so that each response shows the current state.
    USERS_CACHE_TTL_MS: "0",
    USERS_STALE_MS: "0",
    LOG_LEVEL: "debug",
  });
}

/** Options of a client for a service whose process may be replaced. */
function overNetwork(service: () => Running) {
  const send = ({ url, method, headers, body }: Request) => {
    const { pathname, search } = new URL(url);
    const options = { method, headers, body, redirect: "manual" } as const;
    return fetch(`${service().url}${pathname}${search}`, options);
  };
  let conformance: Promise<Conformance> | undefined;
  return {
    baseUrl: "http://localhost",
    async fetch(request: Request): Promise<Response> {
      const response = await send(request);
      conformance ??= documentOf({ handle: send }).then(createConformance);
      await (await conformance).check(request, response);
      return response;
    },
  };
}

/** Expects this problem from each request that calls users. */
async function expectProblem(client: typeof ordersClient, status: number, code: string) {
  const before = orderCount();
  const params = { path: { id: "1" } };
  const outcomes = await Promise.all([
    client.GET("/orders", ALICE),
    client.GET("/orders/{id}", { params: { ...params, query: { expand: "user" } } }),
    client.POST("/orders", { body: { user_id: "1", amount: 1 } }),
  ]);
  for (const { error, response } of outcomes) {
    expect(response.headers.has("retry-after")).toBe(status === 503);
    expect(error).toMatchObject({ status, code });
  }
  expect((await client.GET("/orders/{id}", { params })).response.status).toBe(200);
  expect(orderCount()).toBe(before);
}

function orderCount(): number {
  using database = new Database(join(folder.path, "orders.db"), { readonly: true });
  const row = database.query<{ count: number }, []>("SELECT count(*) AS count FROM orders").get();
  return row?.count ?? -1;
}

async function degraded(): Promise<boolean> {
  const response = await fetch(`${orders.url}/health/ready`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { degraded: boolean }).degraded;
}

test("A user created in users can order in orders, until the user is deleted", async () => {
  const { data: page } = await ordersClient.GET("/orders", ALICE);
  expect(page).toMatchObject([{ amount: 100.5 }, { amount: 200.75 }]);

  const { data: user } = await usersClient.POST("/users", {
    body: { name: "Zoë 🦓", email: "zoe@example.com" },
  });
  if (!user) return expect.unreachable();
  const user_id = user.id;
  const created = await ordersClient.POST("/orders", { body: { user_id, amount: 0.29 } });
  const order = created.data;
  if (!order) return expect.unreachable();
  const { data: expanded } = await ordersClient.GET("/orders/{id}", {
    params: { path: { id: order.id }, query: { expand: "user" } },
  });
  expect(expanded).toEqual({ ...order, user });

  await usersClient.DELETE("/users/{id}", { params: { path: { id: user_id } } });
  const gone = await ordersClient.GET("/orders", { params: { query: { user_id } } });
  expect(gone.error).toMatchObject({ status: 404, code: "user_not_found" });
  const refused = await ordersClient.POST("/orders", { body: { user_id, amount: 1 } });
  expect(refused.error).toMatchObject({ status: 422, code: "user_not_found" });
  expect(await degraded()).toBe(false);
});

test("The logs of both services have the same request id", async () => {
  const headers = { "x-request-id": "find-me" };
  await ordersClient.GET("/orders", { ...ALICE, headers });
  for (const { log } of [users, orders]) {
    while (!log().includes('"request_id":"find-me"')) await new Promise(setImmediate);
  }
});

test("orders responds with 504 while users is too slow, and recovers later", async () => {
  users.process.kill("SIGSTOP");
  await expectProblem(ordersClient, 504, "users_timeout");
  expect(await degraded()).toBe(true);
  users.process.kill("SIGCONT");
  expect((await ordersClient.GET("/orders", ALICE)).response.status).toBe(200);
});

test("orders responds with 503 while users is down, and recovers when it is back", async () => {
  const { port } = new URL(users.url);
  users.process.kill("SIGKILL");
  await users.process.exited;
  await expectProblem(ordersClient, 503, "users_unavailable");
  expect(await degraded()).toBe(true);

  users = await startService("users", { DATABASE_URL: usersDatabase, PORT: port });
  expect((await ordersClient.GET("/orders", ALICE)).response.status).toBe(200);
  expect(await degraded()).toBe(false);
});

test("orders responds with 502 if the response of users is invalid", async () => {
  using proxy = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response("<h1>It works!</h1>", { headers: { "content-type": "text/html" } }),
  });
  const misled = await startOrders(proxy.url.origin);
  const client = createClient<OrdersPaths>(overNetwork(() => misled));
  await expectProblem(client, 502, "users_bad_answer");
  expect(await misled.stop()).toBe(0);
});
