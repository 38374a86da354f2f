/** The call from orders to users between real processes. In memory: tests/users-client.test.ts. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import type { ServiceName } from "../services.ts";
import type { Order } from "../shared/types.ts";
import { ask, problemIn } from "./support/ask.ts";
import { type Conformance, createConformance, documentOf } from "./support/document.ts";
import { ROOT, temporaryFolder } from "./support/folders.ts";
import { type Running, startService } from "./support/processes.ts";

// Starting and killing processes takes long on a busy machine.
setDefaultTimeout(60_000);

/** Long enough for a service on this machine, short enough for a test of the timeout. */
const USERS_TIMEOUT_MS = 1_000;

const folder = temporaryFolder();
const usersDatabase = `sqlite://${join(folder.path, "users.db")}`;
const ordersDatabase = `sqlite://${join(folder.path, "orders.db")}`;

let users: Running;
let orders: Running;
/** Clients over the network that check each response against the service's document. */
let usersApp: ReturnType<typeof overNetwork>;
let ordersApp: ReturnType<typeof overNetwork>;

beforeAll(async () => {
  await Promise.all([seed("users", usersDatabase), seed("orders", ordersDatabase)]);
  users = await startService("users", { DATABASE_URL: usersDatabase });
  orders = await startOrders(users.url);
  usersApp = overNetwork(() => users);
  ordersApp = overNetwork(() => orders);
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

function overNetwork(service: () => Running) {
  const send = ({ url, method, headers, body }: Request) => {
    const { pathname, search } = new URL(url);
    const options = { method, headers, body, redirect: "manual" } as const;
    return fetch(`${service().url}${pathname}${search}`, options);
  };
  let conformance: Promise<Conformance> | undefined;
  return {
    async handle(request: Request): Promise<Response> {
      const response = await send(request);
      conformance ??= documentOf({ handle: send }).then(createConformance);
      await (await conformance).check(request, response);
      return response;
    },
  };
}

/** Expects this problem from each request that calls users. */
async function expectProblem(asked: typeof ordersApp, status: number, code: string) {
  const before = orderCount();
  const body = { user_id: "1", amount: 1 };
  const answers = await Promise.all([
    ask(asked, "/orders?user_id=1"),
    ask(asked, "/orders/1?expand=user"),
    ask(asked, "/orders", { body }),
  ]);
  for (const answer of answers) {
    expect(answer.headers.has("retry-after")).toBe(status === 503);
    expect(await problemIn(answer)).toMatchObject({ status, code });
  }
  expect((await ask(asked, "/orders/1")).status).toBe(200);
  expect(orderCount()).toBe(before);
}

function orderCount(): number {
  using database = new Database(join(folder.path, "orders.db"), { readonly: true });
  const row = database.query<{ count: number }, []>("SELECT count(*) AS count FROM orders").get();
  return row?.count ?? -1;
}

async function degraded(): Promise<boolean> {
  const answer = await ask(ordersApp, "/health/ready");
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { degraded: boolean }).degraded;
}

test("A user created in users can order in orders, until the user is deleted", async () => {
  const page = await ask(ordersApp, "/orders?user_id=1");
  expect(await page.json()).toMatchObject([{ amount: 100.5 }, { amount: 200.75 }]);

  const body = { name: "Zoë 🦓", email: "zoe@example.com" };
  const user = (await (await ask(usersApp, "/users", { body })).json()) as { id: string };
  const created = await ask(ordersApp, "/orders", { body: { user_id: user.id, amount: 0.29 } });
  expect(created.status).toBe(201);
  const order = (await created.json()) as Order;
  const expanded = await ask(ordersApp, `/orders/${order.id}?expand=user`);
  expect(await expanded.json()).toEqual({ ...order, user });

  await ask(usersApp, `/users/${user.id}`, { method: "DELETE" });
  const gone = await ask(ordersApp, `/orders?user_id=${user.id}`);
  expect(await problemIn(gone)).toMatchObject({ status: 404, code: "user_not_found" });
  const refused = await ask(ordersApp, "/orders", { body: { user_id: user.id, amount: 1 } });
  expect(await problemIn(refused)).toMatchObject({ status: 422, code: "user_not_found" });
  expect(await degraded()).toBe(false);
});

test("The logs of both services have the same request id", async () => {
  const headers = { "x-request-id": "find-me" };
  await (await ask(ordersApp, "/orders?user_id=1", { headers })).text();
  for (const { log } of [users, orders]) {
    while (!log().includes('"request_id":"find-me"')) await new Promise(setImmediate);
  }
});

test("orders responds with 504 while users is too slow, and recovers later", async () => {
  users.process.kill("SIGSTOP");
  await expectProblem(ordersApp, 504, "users_timeout");
  expect(await degraded()).toBe(true);
  users.process.kill("SIGCONT");
  expect((await ask(ordersApp, "/orders?user_id=1")).status).toBe(200);
});

test("orders responds with 503 while users is down, and recovers when it is back", async () => {
  const { port } = new URL(users.url);
  users.process.kill("SIGKILL");
  await users.process.exited;
  await expectProblem(ordersApp, 503, "users_unavailable");
  expect(await degraded()).toBe(true);

  users = await startService("users", { DATABASE_URL: usersDatabase, PORT: port });
  expect((await ask(ordersApp, "/orders?user_id=1")).status).toBe(200);
  expect(await degraded()).toBe(false);
});

test("orders responds with 502 if the response of users is invalid", async () => {
  using proxy = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response("<h1>It works!</h1>", { headers: { "content-type": "text/html" } }),
  });
  const misled = await startOrders(proxy.url.origin);
  await expectProblem(
    overNetwork(() => misled),
    502,
    "users_bad_answer",
  );
  expect(await misled.stop()).toBe(0);
});
