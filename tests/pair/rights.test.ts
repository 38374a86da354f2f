/** Callers who own nothing, or may no longer do what they did: on both engines. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Order, User } from "../../shared/types.ts";
import { openApps } from "../support/apps.ts";
import { ask, problemIn } from "../support/ask.ts";
import { caller, EVERYTHING_OWN, IDENTITY } from "../support/callers.ts";
import { ENGINE_TIMEOUT_MS, ENGINES, freshUrl } from "../support/engines.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

/** Subjects that cannot be the id of a user; Postgres cannot store the first two as they are. */
const SUBJECTS = ["a\0b", "\ud800", ".", "a b", "é", "%", "x".repeat(3_000)];

type Options = { method?: string; headers?: Record<string, string>; body?: unknown };

async function refusalOf(response: Promise<Response>) {
  const { status, code } = await problemIn(await response);
  return `${status} ${code}`;
}

describe.each(ENGINES)("On %s", (engine) => {
  let apps: Awaited<ReturnType<typeof openApps>>;
  const databases: Awaited<ReturnType<typeof freshUrl>>[] = [];
  beforeAll(async () => {
    databases.push(...(await Promise.all([freshUrl(engine), freshUrl(engine)])));
    const [users, orders] = databases.map(({ url }) => url) as [string, string];
    apps = await openApps({ environment: IDENTITY, databaseUrls: { users, orders } });
  });
  afterAll(async () => {
    await apps.close();
    for (const database of databases) await database[Symbol.asyncDispose]();
  });
  const users = (path: string, options: Options = {}) => ask(apps.users, `/users${path}`, options);
  const orders = (path: string, options: Options = {}) =>
    ask(apps.orders, `/orders${path}`, options);

  test.each(SUBJECTS.map((subject) => [JSON.stringify(subject).slice(0, 20), subject] as const))(
    "the subject %s owns nothing",
    async (_name, subject) => {
      const headers = await caller(subject);
      const keyed = { ...headers, "idempotency-key": "k" };
      for (const query of ["", "?limit=1", "?email=alice@example.com"]) {
        expect(await (await users(query, { headers })).json()).toEqual([]);
      }
      for (const query of ["", "?status=pending", "?limit=1"]) {
        expect(await (await orders(query, { headers })).json()).toEqual([]);
      }
      const body = { name: "Carol", email: "carol@example.com" };
      for (const sent of [headers, keyed]) {
        expect(await refusalOf(users("", { headers: sent, body }))).toBe("403 subject_unusable");
      }
      const order = { user_id: "1", amount: 1 };
      for (const sent of [headers, keyed]) {
        expect(await refusalOf(orders("", { headers: sent, body: order }))).toBe(
          "422 user_not_found",
        );
      }
      expect(await refusalOf(orders("?user_id=1", { headers }))).toBe("404 user_not_found");
      for (const refused of [
        users("/1", { headers }),
        users("/1", { headers: { ...headers, "if-none-match": "*" } }),
        users("/1", { headers, method: "PATCH", body: { name: "X" } }),
        users("/1", { headers, method: "DELETE" }),
        orders("/1", { headers }),
        orders("/1?expand=user", { headers }),
        orders("/1", { headers, method: "PATCH", body: { status: "paid" } }),
        orders("/1", { headers, method: "PATCH", body: { status: "cancelled" } }),
      ]) {
        expect(await refusalOf(refused)).toBe("404 not_found");
      }
    },
  );

  test.each(SUBJECTS.map((subject) => [JSON.stringify(subject).slice(0, 20), subject] as const))(
    "the subject %s can do everything with admin, and read any user as a service",
    async (_name, subject) => {
      const service = await caller(subject, "users:read users:read:any");
      expect((await users("/1", { headers: service })).status).toBe(200);
      expect(await (await users("", { headers: service })).json()).toEqual([]);
      const headers = { ...(await caller(subject, "admin")), "idempotency-key": "k" };
      expect(((await (await users("", { headers })).json()) as User[]).length).toBeGreaterThan(1);
      const body = { user_id: "2", amount: 1 };
      const [first, again] = [
        await orders("", { headers, body }),
        await orders("", { headers, body }),
      ];
      expect(first.headers.has("idempotency-replayed")).toBe(false);
      expect(again.headers.get("idempotency-replayed")).toBe("true");
      const { id } = (await again.json()) as Order;
      const change = { headers, method: "PATCH", body: { status: "paid" } };
      expect((await orders(`/${id}`, change)).status).toBe(200);
    },
  );

  test("a replay of another user's order is refused once the caller is no admin", async () => {
    const body = { user_id: "1", amount: 7 };
    const key = { "idempotency-key": "once" };
    const send = async (scope: string) =>
      orders("", { headers: { ...(await caller("2", scope)), ...key }, body });
    const first = await send("admin");
    const bytes = await first.text();
    expect(await refusalOf(send(EVERYTHING_OWN))).toBe("422 user_not_found");
    const again = await send("admin");
    expect(await again.text()).toBe(bytes);
    for (const name of ["location", "etag"]) {
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    }
  });

  test("a replay of another user is refused once the caller is no admin", async () => {
    const body = { name: "Dave", email: "dave@example.com" };
    const key = { "idempotency-key": "once" };
    const send = async (sub: string, scope: string) =>
      users("", { headers: { ...(await caller(sub, scope)), ...key }, body });
    const first = await send("2", "admin");
    const { id } = (await first.clone().json()) as User;
    const bytes = await first.text();
    expect(await refusalOf(send("2", EVERYTHING_OWN))).toBe("409 user_exists");
    const headers = await caller("2", "admin");
    expect((await users(`/${id}`, { headers, method: "DELETE" })).status).toBe(204);
    const again = await send("2", "admin");
    expect([await again.text(), again.headers.get("etag")]).toEqual([
      bytes,
      first.headers.get("etag"),
    ]);
  });

  test("a caller's own creation is replayed, whatever became of the user since", async () => {
    const own = await caller("auth0|9");
    const headers = { ...own, "idempotency-key": "mine" };
    const body = { name: "Erin", email: "erin@example.com" };
    const first = await users("", { headers, body });
    const bytes = await first.text();
    const path = "/auth0%7C9";
    for (const method of ["PATCH", "DELETE"]) {
      const changed = await users(path, {
        method,
        headers: own,
        ...(method === "PATCH" && { body: { name: "E" } }),
      });
      expect(changed.ok).toBe(true);
      const again = await users("", { headers, body });
      expect(await again.text()).toBe(bytes);
      for (const name of ["location", "etag"]) {
        expect(again.headers.get(name)).toBe(first.headers.get(name));
      }
    }
    // Created again, it is another resource under the same id.
    const renewed = await users("", { headers: own, body });
    expect(renewed.headers.get("etag")).not.toBe(first.headers.get("etag"));
    const stale = { ...own, "if-match": first.headers.get("etag") ?? "" };
    expect(await refusalOf(users(path, { method: "DELETE", headers: stale }))).toBe("412 stale");
    const known = { ...own, "if-none-match": first.headers.get("etag") ?? "" };
    expect((await users(path, { headers: known })).status).toBe(200);
  });
});
