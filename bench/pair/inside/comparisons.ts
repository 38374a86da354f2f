/** The comparisons in one process: the apps without sockets, and bare handlers. */
import { Database as Sqlite } from "bun:sqlite";

import type { Fetch } from "../../../platform/call/client.ts";
import type { App } from "../../../platform/command/service.ts";
import { measured } from "../../../platform/database/measured.ts";
import { openSqlite, type SqliteOptions } from "../../../platform/database/sqlite.ts";
import { createMetrics } from "../../../platform/process/metrics.ts";
import { headersOf } from "../../reference.ts";
import { ordersApp, uncounted, usersApp, writeLines } from "../apps.ts";
import { pagePath } from "../pages-of-orders.ts";
import { askingOrdersHandler, ordersHandler, usersHandler } from "../peers/bare-handlers.ts";
import type { Comparison, Variant } from "./batches.ts";

/** The database files. */
export interface Files {
  users: string;
  orders: string;
  /** Empty databases for writes, by variant. */
  write: Record<"durable" | "off" | "single", string>;
  /** Databases for pages, by size. */
  pages: Record<string, string>;
}

const USERS = "http://localhost:8080";
const ORDERS = "http://localhost:8081";
const CROWD = 64;

const getUser = () => new Request(`${USERS}/users/1`);
const getOrders = () => new Request(`${ORDERS}/orders?user_id=1`);

export async function comparisons(files: Files): Promise<Comparison[]> {
  const users = await usersApp(await openSqlite(files.users));
  const orders: Orders = async (file, options) =>
    ordersApp(await openSqlite(file, options), { usersUrl: USERS, fetch: askOf(users) });
  return [
    await read(users, new Sqlite(files.users)),
    await telemetry(files.users),
    await list(await orders(files.orders), files),
    await write(orders, files.write),
    await pages(orders, files.pages),
  ];
}

type Orders = (file: string, options?: SqliteOptions) => Promise<App>;

/** Calls an app as `fetch` calls it over the network. */
function askOf({ fetch }: App): Fetch {
  return (url, init) => fetch(new Request(url, init));
}

async function read(users: App, sqlite: Sqlite): Promise<Comparison> {
  const request = getUser;
  const headers = headersOf(await users.fetch(request()));
  return {
    title: "GET /users/{id}",
    variants: [
      { name: "reference: bare, same headers", request, handle: usersHandler(sqlite, { headers }) },
      { name: "bare", request, handle: usersHandler(sqlite) },
      { name: "users", request, handle: users.fetch },
    ],
  };
}

/**
 * The cost of log lines and metrics. Lines are written after each batch, more often than in a
 * service.
 */
async function telemetry(file: string): Promise<Comparison> {
  async function variant(name: string, environment: Record<string, string>, isCounted: boolean) {
    const metrics = isCounted ? createMetrics() : uncounted;
    const sqlite = await openSqlite(file);
    const database = isCounted ? measured(sqlite, { metrics }) : sqlite;
    const { fetch: handle } = await usersApp(database, { environment, metrics });
    return { name, request: getUser, handle };
  }
  const quiet = { LOG_REQUESTS: "off" };
  return {
    title: "GET /users/{id}, with and without log and metrics",
    after: writeLines,
    variants: [
      await variant("neither", quiet, false),
      await variant("metrics", quiet, true),
      await variant("a line a request", {}, false),
      await variant("both", {}, true),
    ],
  };
}

async function list(orders: App, files: Files): Promise<Comparison> {
  const request = getOrders;
  const headers = headersOf(await orders.fetch(request()));
  const sqlite = new Sqlite(files.orders);
  const users = usersHandler(new Sqlite(files.users));
  const ask = (path: string) => users(new Request(`${USERS}${path}`));
  const alone = (init?: ResponseInit) => ordersHandler(sqlite, init);
  return {
    title: "GET /orders?user_id=1, users in the same process",
    variants: [
      { name: "reference: bare, asks nobody, same headers", request, handle: alone({ headers }) },
      { name: "bare, asks nobody", request, handle: alone() },
      { name: "bare pair", request, handle: askingOrdersHandler(sqlite, ask) },
      { name: "orders and users", request, handle: orders.fetch },
    ],
  };
}

async function write(orders: Orders, files: Files["write"]): Promise<Comparison> {
  let count = 0;
  const request = () => {
    count += 1;
    const body = `{"user_id":"1","amount":${count / 100}}`;
    const headers = { "content-type": "application/json" };
    return new Request(`${ORDERS}/orders`, { method: "POST", headers, body });
  };
  const { fetch: off } = await orders(files.off, { synchronous: "OFF" });
  const { fetch: durable } = await orders(files.durable);
  const { fetch: single } = await orders(files.single, { batchUnitsMax: 1 });
  return {
    title: `POST /orders, ${CROWD} at once, users in the same process`,
    atOnce: CROWD,
    variants: [
      { name: "synchronous = OFF", request, handle: off },
      { name: "orders", request, handle: durable },
      { name: "a commit a request", request, handle: single },
    ],
  };
}

async function pages(orders: Orders, files: Files["pages"]): Promise<Comparison> {
  const variants: Variant[] = [];
  for (const [size, file] of Object.entries(files)) {
    const { fetch: handle } = await orders(file);
    for (const page of [1, 100]) {
      const path = await pagePath(page, async (path) => handle(new Request(`${ORDERS}${path}`)));
      const request = () => new Request(`${ORDERS}${path}`);
      variants.push({ name: `page ${page} of ${size} orders`, request, handle });
    }
  }
  return { title: "GET /orders?user_id=, page and size, SQLite", variants };
}
