/**
 * The call from orders to users between real processes, by generated clients. In memory:
 * tests/users-client.test.ts.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import createClient from "openapi-fetch";

import type { paths as OrdersPaths } from "../../../docs/openapi/orders.d.ts";
import type { paths as UsersPaths } from "../../../docs/openapi/users.d.ts";
import type { ServiceName } from "../../../services.ts";
import { type Conformance, createConformance, documentOf } from "../../support/document.ts";
import { ROOT, temporaryFolder } from "../../support/folders.ts";
import { type Running, startService } from "../../support/processes.ts";

// Starting processes takes long on a busy machine.
setDefaultTimeout(60_000);

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
  orders = await startService("orders", {
    DATABASE_URL: ordersDatabase,
    USERS_URL: users.url,
    // No cache, so that each response shows the current state.
    USERS_CACHE_TTL_MS: "0",
    LOG_LEVEL: "debug",
  });
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

/** Options of a client for a service that is started later. */
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
});

test("The logs of both services have the same request id", async () => {
  const headers = { "x-request-id": "find-me" };
  await ordersClient.GET("/orders", { ...ALICE, headers });
  for (const { log } of [users, orders]) {
    while (!log().includes('"request_id":"find-me"')) await new Promise(setImmediate);
  }
});
