import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { createLog } from "../../platform/process/log.ts";
import { openApps } from "../support/apps.ts";
import { ask } from "../support/ask.ts";

let apps: Awaited<ReturnType<typeof openApps>>;
let lines: Record<string, unknown>[];
beforeEach(async () => {
  lines = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  apps = await openApps({ log: createLog({ service: "test", write }) });
});
afterEach(() => apps.close());

/** The counts of responses by method, route and status. */
async function counts(): Promise<Map<string, number>> {
  const text = await (await ask(apps.users, "/metrics")).text();
  const line = /_count\{method="(\w+)",route="([^"]+)",status="(\d+)"\} (\d+)/g;
  const found = Array.from(text.matchAll(line), ([, method, route, status, count]) => {
    return [`${method} ${route} ${status}`, Number(count)] as const;
  });
  return new Map(found);
}

describe("GET /metrics", () => {
  test("counts responses by method, route and status", async () => {
    await ask(apps.users, "/users/1");
    await ask(apps.users, "/users/2/");
    await ask(apps.users, "/users/nobody");
    await ask(apps.users, "/users?limit=1");
    await ask(apps.users, "/users", { method: "HEAD" });
    await ask(apps.users, "/users", { body: {} });
    await ask(apps.users, "/users", { method: "PUT" });
    const counted = await counts();
    expect(counted.get("GET /users/:id 200")).toBe(2);
    expect(counted.get("GET /users/:id 404")).toBe(1);
    expect(counted.get("GET /users 200")).toBe(1);
    expect(counted.get("HEAD /users 200")).toBe(1);
    expect(counted.get("POST /users 422")).toBe(1);
    expect(counted.get("PUT /users 405")).toBe(1);
  });

  test("has a bounded set of routes, whatever the paths of requests", async () => {
    for (let n = 0; n < 200; n++) {
      await ask(apps.users, `/users/${n}`);
      await ask(apps.users, `/${n}"\\x/users/${n}`);
    }
    const asked = [...(await counts())].filter(([, count]) => count > 0);
    const routes = new Set(asked.map(([series]) => series.split(" ")[1]));
    expect([...routes].toSorted()).toEqual(["/users/:id", "other"]);
  });

  test("has only itself in flight after successes and failures", async () => {
    await Promise.all([
      ask(apps.users, "/users/1"),
      ask(apps.users, "/nope"),
      ask(apps.users, "/users", { body: "{", headers: { "content-type": "application/json" } }),
    ]);
    const text = await (await ask(apps.users, "/metrics")).text();
    expect(text).toContain("\nhttp_requests_in_flight 1\n");
  });

  test("returns the text format, version 0.0.4", async () => {
    const { headers } = await ask(apps.users, "/metrics");
    expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  });
});

describe("The log", () => {
  test("has a line for every request, without its query or other client data", async () => {
    const headers = { "x-request-id": "r" };
    await ask(apps.users, "/users?email=alice@example.com", { headers });
    expect(lines).toEqual([
      {
        time: expect.any(String),
        level: "info",
        service: "test",
        message: "request",
        request_id: "r",
        method: "GET",
        route: "/users",
        status: 200,
        bytes: 135,
        duration_ms: expect.any(Number),
      },
    ]);
  });

  test("has the code of a failed request", async () => {
    await ask(apps.users, "/users/nobody");
    expect(lines).toMatchObject([{ route: "/users/:id", status: 404, code: "not_found" }]);
  });

  test("has the same request id from both services", async () => {
    await ask(apps.orders, "/orders?user_id=1", { headers: { "x-request-id": "both" } });
    expect(lines).toMatchObject([
      { route: "/users/:id", request_id: "both" },
      { route: "/orders", request_id: "both" },
    ]);
  });
});

test("Every request without an id gets a unique one", async () => {
  const ids = await Promise.all(
    Array.from({ length: 20 }, async () => (await ask(apps.users, "/users/1")).headers),
  );
  expect(new Set(ids.map((headers) => headers.get("x-request-id"))).size).toBe(20);
});
