/** The two services as tests use them: joined in memory, or as processes of their own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createApp as createOrdersApp } from "../orders/app.ts";
import { migrations as orderMigrations } from "../orders/migrations.ts";
import { seed as seedOrders } from "../orders/seed.ts";
import { createUsersClient } from "../orders/users-client.ts";
import { type Log, silent } from "../shared/log.ts";
import { openDatabase } from "../shared/open-database.ts";
import type { Output } from "../shared/output.ts";
import { createApp as createUsersApp } from "../users/app.ts";
import { migrations as userMigrations } from "../users/migrations.ts";
import { seed as seedUsers } from "../users/seed.ts";
import { type Conformance, createConformance, documentOf } from "./document.ts";

/** The top of the repository. */
export const ROOT = join(import.meta.dir, "..");

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
  databaseUrls = { users: "sqlite://:memory:", orders: "sqlite://:memory:" },
  ...rest
}: AppsOptions = {}) {
  const usersDatabase = await openDatabase(databaseUrls.users);
  const ordersDatabase = await openDatabase(databaseUrls.orders);
  await usersDatabase.migrate(userMigrations);
  await ordersDatabase.migrate(orderMigrations);
  await seedUsers(usersDatabase, {}, nowhere);
  await seedOrders(ordersDatabase, {}, nowhere);
  const users = conforming(createUsersApp({ database: usersDatabase, log, ...rest }), () =>
    conformanceOf("users", () => createUsersApp({ database: usersDatabase, log: silent })),
  );
  const client = createUsersClient({
    baseUrl: usersUrl ?? "http://localhost",
    timeoutMs: usersTimeoutMs,
    fetch: fetch ?? (usersUrl ? globalThis.fetch : (request) => users.handle(request)),
  });
  const orders = conforming(
    createOrdersApp({ database: ordersDatabase, log, users: client, ...rest }),
    () =>
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
      await usersDatabase.close();
      await ordersDatabase.close();
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

export interface Running {
  url: string;
  process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  /** What it has written to standard error so far. */
  log(): string;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number>;
}

/**
 * Starts a service as a process on a free port and waits until it listens. `command` is what to run:
 * by default the service's main.ts with Bun; an executable otherwise.
 */
export async function startService(
  name: "users" | "orders",
  environment: Record<string, string> = {},
  command: readonly string[] = [process.execPath, join(ROOT, name, "main.ts")],
): Promise<Running> {
  const child = Bun.spawn([...command], {
    env: { PATH: process.env["PATH"], PORT: "0", ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let text = "";
  const listening = Promise.withResolvers<string>();
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      text += decoder.decode(chunk, { stream: true });
      const url = /"message":"listening","url":"([^"]+)"/.exec(text)?.[1];
      if (url) listening.resolve(url);
    }
    listening.reject(new Error(`${name} ended before it listened:\n${text}`));
  })();
  const url = await listening.promise;
  return {
    url,
    process: child,
    log: () => text,
    async stop() {
      child.kill("SIGTERM");
      return child.exited;
    },
  };
}

/** A folder of its own that goes with the test: `using folder = temporaryFolder()`. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "edge-services-"));
  return {
    path,
    [Symbol.dispose]() {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** The options of a request with a JSON body. */
export function json(method: string, body: unknown, headers: Record<string, string> = {}) {
  return {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}
