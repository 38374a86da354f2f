/** Both services end to end, with the typed client of docs/client.ts. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { createOrdersClient, createUsersClient } from "../../../docs/client.ts";
import { type Fleet, startFleet } from "../../support/fleet.ts";
import { ROOT } from "../../support/folders.ts";

setDefaultTimeout(60_000);

let fleet: Fleet;
let users: ReturnType<typeof createUsersClient>;
let orders: ReturnType<typeof createOrdersClient>;
beforeAll(async () => {
  fleet = await startFleet();
  users = createUsersClient({ baseUrl: fleet.services.users.url });
  orders = createOrdersClient({ baseUrl: fleet.services.orders.url });
});
afterAll(() => fleet.stop());

const newUser = () => ({ name: "Carol", email: `${crypto.randomUUID()}@example.com` });

describe("The typed client", () => {
  test("creates a user and an order, pays the order, and reads both back", async () => {
    const { data: carol } = await users.POST("/users", { body: newUser() });
    if (!carol) return expect.unreachable();
    const { data: order } = await orders.POST("/orders", {
      body: { user_id: carol.id, amount: 12.5, note: "Leave it at the door" },
    });
    if (!order) return expect.unreachable();
    expect(order).toMatchObject({ user_id: carol.id, amount: 12.5, status: "pending" });

    const path = { id: order.id };
    const { data: paid } = await orders.PATCH("/orders/{id}", {
      params: { path },
      body: { status: "paid" },
    });
    const { data: read } = await orders.GET("/orders/{id}", {
      params: { path, query: { expand: "user" } },
    });
    expect(read).toEqual({ ...order, ...paid, user: carol });
    const { data: list } = await orders.GET("/orders", {
      params: { query: { user_id: carol.id, status: "paid" } },
    });
    expect(list?.map(({ id }) => id)).toEqual([order.id]);
  });

  test("changes a user only in the version that it has read", async () => {
    const created = await users.POST("/users", { body: newUser() });
    const id = created.data?.id ?? "";
    const seen = created.response.headers.get("etag") ?? "";
    const change = (name: string, tag: string) =>
      users.PATCH("/users/{id}", {
        params: { path: { id }, header: { "If-Match": tag } },
        body: { name },
      });
    const first = await change("Caroline", seen);
    expect(first.data?.name).toBe("Caroline");
    const second = await change("Carola", seen);
    expect(second.error?.code).toBe("stale");
    const gone = await users.DELETE("/users/{id}", { params: { path: { id } } });
    expect(gone.response.status).toBe(204);
  });

  test("follows the pages of a list to the end", async () => {
    for (const _ of Array.from({ length: 3 })) await users.POST("/users", { body: newUser() });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { data = [], response } = await users.GET("/users", {
        params: { query: { limit: 2, ...(cursor && { cursor }) } },
      });
      seen.push(...data.map(({ id }) => id));
      const [, next] = /^<([^>]*)>/.exec(response.headers.get("link") ?? "") ?? [];
      cursor = next && (new URL(next, "http://localhost").searchParams.get("cursor") ?? undefined);
    } while (cursor);
    expect(seen.length).toBeGreaterThanOrEqual(5);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("returns failures with types", async () => {
    const body = { user_id: "nobody", amount: 1 };
    const { data, error } = await orders.POST("/orders", { body });
    expect(data).toBeUndefined();
    expect(error?.errors?.map(({ pointer }) => pointer)).toEqual(["/user_id"]);
  });
});

describe("An order whose response is lost twice", () => {
  test("is created once if it has an Idempotency-Key", async () => {
    using proxy = await lossy(fleet.services.orders.url);
    const { data: dave } = await users.POST("/users", { body: newUser() });
    const user_id = dave?.id ?? "";
    const patient = createOrdersClient({ baseUrl: proxy.url, pauseMs: 1 });
    const { data: order, response } = await patient.POST("/orders", {
      params: { header: { "Idempotency-Key": crypto.randomUUID() } },
      body: { user_id, amount: 1 },
    });
    expect(proxy.statuses).toEqual([201, 201, 201]);
    expect(response.headers.get("idempotency-replayed")).toBe("true");
    const { data: list } = await orders.GET("/orders", { params: { query: { user_id } } });
    expect(list?.map(({ id }) => id)).toEqual([order?.id ?? ""]);
  });

  test("is not retried without an Idempotency-Key", async () => {
    using proxy = await lossy(fleet.services.orders.url);
    const hasty = createOrdersClient({ baseUrl: proxy.url, pauseMs: 1 });
    const sent = hasty.POST("/orders", { body: { user_id: "1", amount: 1 } });
    expect(await sent.catch((error: Error) => error)).toBeInstanceOf(Error);
    expect(proxy.statuses).toEqual([201]);
  });
});

describe("After a 503, the typed client", () => {
  test.each<[string, () => string]>([
    ["2", () => "2"],
    ["a date", soon],
    ["a date as in RFC 850", () => asRfc850(soon())],
    ["a date as asctime writes it", () => asAsctime(soon())],
  ])("waits as long as Retry-After says, if it is %s", async (_form, retryAfter) => {
    using refusing = await refuse(retryAfter);
    await refusing.list();
    expect(refusing.count()).toBe(5);
    expect(refusing.pauses).toHaveLength(4);
    // More than a random pause, which is 1 ms at first.
    for (const pause of refusing.pauses) {
      expect(pause).toBeGreaterThan(1_000);
      expect(pause).toBeLessThan(9_100);
    }
  });

  test.each<[string, () => string]>([
    ["none", () => ""],
    ["0", () => "0"],
    ["negative", () => "-5"],
    ["words", () => "tomorrow"],
    ["a date that has passed", past],
    ["a date that does not exist", () => "Fri, 99 Jan 2026 03:04:35 GMT"],
  ])("waits for a random time that grows, if Retry-After is %s", async (_form, retryAfter) => {
    using refusing = await refuse(retryAfter);
    await refusing.list();
    expect(refusing.pauses).toHaveLength(4);
    for (const [index, pause] of refusing.pauses.entries()) {
      expect(pause).toBeGreaterThan(0);
      expect(pause).toBeLessThan(2 ** index);
    }
  });

  test.each<[string, () => string]>([
    ["an hour", () => "3600"],
    ["a date in an hour", () => new Date(Date.now() + 3_600_000).toUTCString()],
    ["a number of 30 digits", () => "9".repeat(30)],
  ])("does not retry if Retry-After is %s, and returns the response", async (_form, retryAfter) => {
    using refusing = await refuse(retryAfter);
    const { response } = await refusing.list();
    expect(response.status).toBe(503);
    expect([refusing.count(), refusing.pauses]).toEqual([1, []]);
  });

  test("reads Retry-After with the code of the services, so that the file can be copied", async () => {
    const reader = /\/\*\* The three forms of a date in HTTP[^]*?\n}\n/;
    const [own] = reader.exec(await sourceOf("docs/client.ts")) ?? [];
    const [theirs] = reader.exec(await sourceOf("platform/http/fetch.ts")) ?? [];
    expect(theirs).toContain("export function retryAfterMs(");
    expect(own).toBe(theirs ?? "none");
    const imports = (await sourceOf("docs/client.ts")).match(/(?<=^import .* from ").*(?=")/gm);
    expect(imports).toEqual(["openapi-fetch", "./openapi/orders.d.ts", "./openapi/users.d.ts"]);
  });
});

const soon = () => new Date(Date.now() + 9_000).toUTCString();
const past = () => new Date(0).toUTCString();
const sourceOf = (path: string) => Bun.file(join(ROOT, path)).text();

/** `Sun, 29 Nov 2026 03:04:35 GMT` -> `Sunday, 29-Nov-26 03:04:35 GMT`; any day will do. */
function asRfc850(date: string): string {
  return date.replace(/^\w+, (\d+) (\w+) \d\d(\d\d)/, "Sunday, $1-$2-$3");
}

/** `Sun, 29 Nov 2026 03:04:35 GMT` -> `Sun Nov 29 03:04:35 2026` */
function asAsctime(date: string): string {
  return date
    .replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, "$1 $3 $2 $5 $4")
    .replace(/ 0(\d) /, "  $1 ");
}

/** A service that refuses every request, and a client that notes its pauses instead of waiting. */
async function refuse(retryAfter: () => string) {
  let count = 0;
  const server = createServer((_request, response) => {
    count += 1;
    const value = retryAfter();
    response.writeHead(503, value ? { "retry-after": value } : {}).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const pauses: number[] = [];
  const client = createUsersClient({
    baseUrl: `http://127.0.0.1:${port}`,
    pauseMs: 1,
    async pause(ms) {
      pauses.push(ms);
    },
  });
  return {
    pauses,
    count: () => count,
    list: () => client.GET("/users"),
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Forwards every request, but drops the first response and replaces the second with a 504. */
async function lossy(target: string) {
  const statuses: number[] = [];
  const server = createServer(async (request, response) => {
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? "",
      headers: request.headers as Record<string, string>,
      body: await text(request),
    });
    statuses.push(answer.status);
    if (statuses.length === 1) {
      request.socket.destroy();
      return;
    }
    if (statuses.length === 2) response.writeHead(504).end();
    else
      response
        .writeHead(answer.status, Object.fromEntries(answer.headers))
        .end(await answer.text());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    statuses,
    url: `http://127.0.0.1:${port}`,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
