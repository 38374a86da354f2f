/** Both services joined in memory, as most tests ask them. */
import { createApp as createOrdersApp } from "../../orders/app.ts";
import { migrations as orderMigrations } from "../../orders/migrations.ts";
import { seed as seedOrders } from "../../orders/seed.ts";
import { createUsersClient } from "../../orders/users-client.ts";
import { openDatabase } from "../../shared/database/open-database.ts";
import { type Log, silent } from "../../shared/process/log.ts";
import type { Output } from "../../shared/process/output.ts";
import { createApp as createUsersApp } from "../../users/app.ts";
import { migrations as userMigrations } from "../../users/migrations.ts";
import { seed as seedUsers } from "../../users/seed.ts";
import { type Conformance, createConformance, documentOf } from "./document.ts";
import { temporaryFolder } from "./folders.ts";
import { EXECUTABLES, type Running, startService } from "./processes.ts";

const nowhere: Output = { say() {}, progress() {}, print() {} };

export interface AppsOptions {
  log?: Log;
  now?: () => number;
  maxBodyBytes?: number;
  draining?: () => boolean;
  /** How `orders` reaches `users`. Default: in memory */
  fetch?: (request: Request) => Response | Promise<Response>;
  /** Where `orders` looks for `users`, over the network then. Default: in memory */
  usersUrl?: string;
  usersTimeoutMs?: number;
  databaseUrls?: { users: string; orders: string };
}

/**
 * Both apps with the demo data, joined in memory: no port, no mock. Every answer of `handle` is checked
 * against the OpenAPI document of its service; one that does not fit fails the test that asked.
 */
export async function openApps({
  log = silent,
  fetch,
  usersUrl,
  usersTimeoutMs = 2_000,
  databaseUrls: givenUrls,
  ...rest
}: AppsOptions = {}) {
  const folder = EXECUTABLES ? temporaryFolder() : undefined;
  const urlOf = (name: string) => (folder ? `sqlite://${folder.path}/${name}.db` : MEMORY);
  const databaseUrls = givenUrls ?? { users: urlOf("users"), orders: urlOf("orders") };
  const usersDatabase = await openDatabase(databaseUrls.users);
  const ordersDatabase = await openDatabase(databaseUrls.orders);
  await usersDatabase.migrate(userMigrations);
  await ordersDatabase.migrate(orderMigrations);
  await seedUsers(usersDatabase, {}, nowhere);
  await seedOrders(ordersDatabase, {}, nowhere);
  const shipped = EXECUTABLES
    ? await startExecutables({ databaseUrls, usersUrl, usersTimeoutMs, ...rest })
    : undefined;
  const usersApp = createUsersApp({ database: usersDatabase, log, ...rest });
  if (shipped) usersApp.handle = shipped.users;
  const users = conforming(usersApp, () =>
    conformanceOf("users", () => createUsersApp({ database: usersDatabase, log: silent })),
  );
  const client = createUsersClient({
    baseUrl: usersUrl ?? "http://localhost",
    timeoutMs: usersTimeoutMs,
    fetch: fetch ?? (usersUrl ? globalThis.fetch : (request) => users.handle(request)),
  });
  const ordersApp = createOrdersApp({ database: ordersDatabase, log, users: client, ...rest });
  if (shipped) ordersApp.handle = shipped.orders;
  const orders = conforming(ordersApp, () =>
    conformanceOf("orders", () =>
      createOrdersApp({ database: ordersDatabase, log: silent, users: client }),
    ),
  );
  return {
    users,
    orders,
    usersDatabase,
    ordersDatabase,
    async close() {
      await shipped?.stop();
      await usersDatabase.close();
      await ordersDatabase.close();
      folder?.[Symbol.dispose]();
    },
  };
}

const MEMORY = "sqlite://:memory:";

interface Shipped {
  databaseUrls: { users: string; orders: string };
  usersUrl: string | undefined;
  usersTimeoutMs: number;
  maxBodyBytes?: number;
}

/** The executables as what answers requests, in the place of `handle`. */
async function startExecutables({ databaseUrls, usersUrl, usersTimeoutMs, maxBodyBytes }: Shipped) {
  const start = (name: "users" | "orders", own: Record<string, string>) =>
    startService(name, {
      DATABASE_URL: databaseUrls[name],
      MAX_BODY_BYTES: String(maxBodyBytes ?? ""),
      ...own,
    });
  const users = await start("users", {});
  const orders = await start("orders", {
    USERS_URL: usersUrl ?? users.url,
    USERS_TIMEOUT_MS: String(usersTimeoutMs),
  });
  return {
    users: over(users),
    orders: over(orders),
    async stop() {
      await users.stop();
      await orders.stop();
    },
  };
}

/** The `users` service with the demo data on a port, in this process: whatever is tested, it is there. */
export async function serveUsers() {
  const { users, close } = await openApps();
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (one) => users.fetch(one) });
  return {
    url: server.url.origin,
    async stop() {
      await server.stop(true);
      await close();
    },
  };
}

function over({ url }: Running) {
  return async (request: Request) => {
    const target = new Request(request.url.replace("http://localhost", url), request);
    const { status, headers, body } = await fetch(target, { redirect: "manual" });
    const kept = new Headers(headers);
    // The server's own, and not in every answer.
    kept.delete("date");
    return new Response(body, { status, headers: kept });
  };
}

interface Answering {
  handle(request: Request): Promise<Response>;
}

function conforming<App extends Answering>(app: App, conformance: () => Promise<Conformance>): App {
  const { handle } = app;
  app.handle = async (request) => {
    const { method, url } = request;
    const response = await handle(request);
    await (await conformance()).check({ method, url }, response);
    return response;
  };
  return app;
}

/** The document of a service is the same in every test, and its validators take a while to compile. */
const conformances = new Map<string, Promise<Conformance>>();

/** Asks an app of its own for the document: the tested one counts and logs what it is asked. */
function conformanceOf(service: string, createApp: () => Answering): Promise<Conformance> {
  const conformance =
    conformances.get(service) ?? documentOf(createApp()).then((it) => createConformance(it));
  conformances.set(service, conformance);
  return conformance;
}
