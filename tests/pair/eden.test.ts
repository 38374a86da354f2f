/** Eden as docs/clients.md shows it: on both services, over HTTP. */
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";

import { treaty } from "@elysiajs/eden";

import type { OrdersApi } from "../../orders/routes.ts";
import type { UsersApi } from "../../users/routes.ts";
import { openApps } from "../support/apps.ts";
import { ROOT } from "../support/folders.ts";

const apps = await openApps();
const serve = (app: { handle(request: Request): Promise<Response> }) =>
  Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => app.handle(request) });
const servers = { users: serve(apps.users), orders: serve(apps.orders) };
afterAll(async () => {
  for (const server of Object.values(servers)) await server.stop(true);
  await apps.close();
});

const usersUrl = servers.users.url.origin;
const ordersUrl = servers.orders.url.origin;
const tag = (headers: HeadersInit | undefined) => new Headers(headers).get("etag") ?? "";

test("Eden creates a user and an order, pays it, and gets failures with their codes", async () => {
  const users = treaty<UsersApi>(usersUrl, { parseDate: false });
  const orders = treaty<OrdersApi>(ordersUrl, { parseDate: false });

  const created = await users.users.post(
    { name: "Carol", email: "carol@example.com" },
    { headers: { "idempotency-key": crypto.randomUUID() } },
  );
  if (created.error) throw created.error;
  const order = await orders.orders.post({ user_id: created.data.id, amount: 19.99 });
  if (order.error?.status === 422) console.error(order.error.value.errors);
  expect(order.data).toMatchObject({ user_id: created.data.id, amount: 19.99, status: "pending" });

  const one = orders.orders({ id: order.data?.id ?? "" });
  const headers = { "if-match": tag(order.headers) };
  expect((await one.patch({ status: "paid" }, { headers })).data?.status).toBe("paid");
  const stale = await one.patch({ status: "shipped" }, { headers });
  expect([stale.status, stale.error?.value]).toMatchObject([412, { code: "stale" }]);
  const read = await one.get({ query: { expand: "user" } });
  expect(read.data?.user).toEqual(created.data);

  expect((await users.users({ id: created.data.id }).delete()).status).toBe(204);
  const gone = await users.users({ id: created.data.id }).get();
  expect(gone.error?.status === 404 && gone.error.value.code).toBe("not_found");
});

test("Without parseDate: false, Eden turns texts into dates, and their types are wrong", async () => {
  const body = { name: "2026-01-02", email: "date@example.com" };
  const { data } = await treaty<UsersApi>(usersUrl).users.post(body);
  for (const text of [data?.name, data?.created_at]) expect(text as unknown).toBeInstanceOf(Date);

  const kept = await treaty<UsersApi>(usersUrl, { parseDate: false })
    .users({ id: data?.id ?? "" })
    .get();
  expect(kept.data?.name).toBe("2026-01-02");
  expect(typeof kept.data?.created_at).toBe("string");
});

test("docs/clients.md shows the calls that are tested here", async () => {
  const page = await Bun.file(join(ROOT, "docs", "clients.md")).text();
  const [, block = ""] = /```ts\n(import \{ treaty \}[^]*?)```/.exec(page) ?? [];
  const lines = block.split("\n").map((line) => line.trim());
  const calls = lines.filter((line) => /^(?!import)\S/.test(line) && !line.startsWith("//"));
  const tested = await Bun.file(import.meta.path).text();
  const own = tested
    .replaceAll("usersUrl", '"http://localhost:8080"')
    .replaceAll("ordersUrl", '"http://localhost:8081"');
  expect(calls.length).toBeGreaterThan(5);
  expect(calls.filter((line) => !own.includes(line))).toEqual([]);
});
