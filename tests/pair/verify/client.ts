/** Both services end to end, with the typed client of docs/client.ts. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import { createOrdersClient, createUsersClient } from "../../../docs/client.ts";
import { type Fleet, startFleet } from "../../support/fleet.ts";

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
