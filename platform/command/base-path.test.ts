import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";

import { exchange, statuses } from "../../tests/support/connection.ts";
import { Cursor, Id, Limit, Timestamp } from "../contract/schemas.ts";
import { openSqlite } from "../database/sqlite.ts";
import { listen } from "../http/server.ts";
import { ConfigError } from "../process/config.ts";
import { created, page } from "../resources/answers.ts";
import { door } from "../resources/door.ts";
import { responses } from "../resources/responses.ts";
import { table } from "../resources/table.ts";
import { appOf } from "../testing/app.ts";

const BASE_PATH = "/shop/a.b_c~d-e";
/** How a request may arrive: as the client sent it, or without what the proxy has stripped. */
const ARRIVALS = [BASE_PATH, ""];

const Thing = Type.Object(
  { id: Id, created_at: Timestamp, updated_at: Timestamp },
  { $id: "Thing", description: "A thing.", examples: [] },
);
const ThingPage = Type.Array(Thing, { $id: "ThingPage", description: "Things.", maxItems: 100 });
const contract = { Thing, ThingPage };
const THINGS = table<typeof Thing.static>(
  "things",
  ({ text, instant }) => ({ id: text, created_at: instant, updated_at: instant }),
  { owner: "id" },
);
const AT = "2026-01-02T03:04:05.000Z";
const ROW = { id: "1", created_at: Date.parse(AT), updated_at: 0, version: 1, revision: null };
const THE_PATH = Type.Object({ id: Id }, { additionalProperties: false });

function routes() {
  return new Elysia()
    .use(door)
    .get("/things", ({ who }) => page(() => THINGS.all([ROW, ROW], who)), {
      needs: "things:read",
      query: Type.Object({ limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) }),
      response: responses.list(ThingPage),
      detail: { operationId: "listThings", summary: "List", description: "Lists things." },
    })
    .post(
      "/things/:id/parts",
      ({ params: { id } }) =>
        created(THINGS, () => THINGS.creation({ id: `${id}x`, created_at: AT, updated_at: AT })),
      {
        needs: "things:write",
        params: THE_PATH,
        response: responses.create(Thing),
        detail: { operationId: "createPart", summary: "Create", description: "Creates a part." },
      },
    );
}

const MIGRATION = {
  version: 1,
  name: "things",
  sql: `CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL, version BIGINT NOT NULL, revision TEXT)`,
};

let app: Awaited<ReturnType<typeof appOf>>;
let server: ReturnType<typeof listen>;
beforeAll(async () => {
  const database = await openSqlite(":memory:");
  await database.migrate([MIGRATION]);
  app = await appOf(routes(), { environment: { BASE_PATH }, contract, database });
  server = listen({ app, host: "127.0.0.1", port: 0 });
});
afterAll(() => server.stop(true));

function send(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${server.url.origin}${path}`, { redirect: "manual", ...init });
}

describe.each(ARRIVALS)("A request that arrives under %j", (base) => {
  test.each([
    "/health/live",
    "/health/ready",
    "/metrics",
    "/things",
    "/things/",
    "/things?limit=1",
  ])("is found at %s", async (path) => expect((await send(base + path)).status).toBe(200));

  test("is linked to the next page under the base path", async () => {
    const link = (await send(`${base}/things?limit=1`)).headers.get("link") ?? "";
    expect(link).toStartWith(`<${BASE_PATH}/things?limit=1&cursor=`);
  });

  test("creates at a location under the base path", async () => {
    const id = base ? "1" : "2";
    const { status, headers } = await send(`${base}/things/${id}/parts`, { method: "POST" });
    const location = `${BASE_PATH}/things/${id}/parts/${id}x`;
    expect([status, headers.get("location")]).toEqual([201, location]);
  });

  test("is redirected to the page of the documentation under the base path", async () => {
    const headers = { accept: "text/html" };
    for (const path of base ? ["", "/", "?a=b"] : ["/", "/?a=b"]) {
      const response = await send(base + path, { headers });
      const location = response.headers.get("location");
      expect([response.status, location]).toEqual([302, `${BASE_PATH}/swagger`]);
    }
  });

  test.each(["/swagger", "/swagger/"])("gets a page at %s whose parts are found", async (path) => {
    const html = (await (await send(base + path)).text()).replace(/<nav [^]*<\/nav>/, "");
    const parts = Array.from(html.matchAll(/(?:src|href|"url")(?:=|:)"([^"]*)"/g), ([, p]) => p);
    expect(parts.length).toBeGreaterThan(5);
    for (const part of parts) {
      expect(part).not.toStartWith("/");
      const { pathname } = new URL(part as string, server.url.origin + base + path);
      expect(pathname).toStartWith(`${base}/swagger/`);
      expect([pathname, (await send(pathname)).status]).toEqual([pathname, 200]);
    }
  });

  test("gets a document whose server is the base path", async () => {
    const document = await (await send(`${base}/swagger/json`)).json();
    expect(document).toMatchObject({ servers: [{ url: BASE_PATH }] });
  });

  test("is counted and logged by its route without the base path", async () => {
    app.lines.length = 0;
    await send(`${base}/things?limit=1`);
    expect(app.lines).toMatchObject([{ message: "request", route: "/things", status: 200 }]);
    await send(`${base}/nothing`);
    await send(`${base}/metrics`);
    const text = await (await send(`${base}/metrics`)).text();
    const counted = Array.from(
      text.matchAll(/_count\{method="\w+",route="([^"]+)"/g),
      ([, r]) => r,
    );
    expect(counted).toContain("other");
    expect(counted.join(" ")).not.toContain("shop");
    // Scrapes that succeed are not in the log.
    expect(app.lines.map(({ route }) => route)).toEqual(["/things", "other"]);
  });

  test("gets a 405 for a method that its path does not support", async () => {
    const { status, headers } = await send(`${base}/things`, { method: "PUT" });
    expect([status, headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
  });
});

test.each([
  ["/shop/things", 404],
  [`${BASE_PATH}x/things`, 404],
  [`${BASE_PATH}${BASE_PATH}/things`, 404],
  [`${BASE_PATH}/nothing`, 404],
  [`/SHOP/a.b_c~d-e/things`, 404],
  [`/x/..${BASE_PATH}/things`, 400],
  [`${BASE_PATH}/x/../things`, 400],
  [`${BASE_PATH}/x/%2e%2E/things`, 400],
  [`${BASE_PATH}/things/../metrics`, 400],
  [`${BASE_PATH}/../../things`, 400],
  [`${BASE_PATH}/..${BASE_PATH.replace("/shop", "")}/things`, 400],
])("A request for %s gets a %d", async (path, status) => {
  const port = server.port ?? 0;
  const text = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
  expect(statuses(await exchange({ port }, text))).toEqual([status]);
});

test("Without a base path nothing comes between, and links are as they were", async () => {
  const database = await openSqlite(":memory:");
  const plain = await appOf(routes(), { contract, database });
  const response = await plain.handle(new Request("http://localhost/things?limit=1"));
  expect(response.headers.get("link")).toStartWith("</things?limit=1&cursor=");
  const document = await plain.handle(new Request("http://localhost/swagger/json"));
  expect(await document.json()).toMatchObject({ servers: [{ url: "/" }] });
});

test.each(["/reports", "/reports/of-things"])(
  "A service with a route /reports does not start with BASE_PATH=%s",
  async (BASE_PATH) => {
    const response = { 200: Type.String() };
    const own = new Elysia()
      .use(door)
      .get("/reports", () => "", { needs: "things:read", response });
    const refused = await appOf(own, { environment: { BASE_PATH } }).catch((error) => error);
    expect(refused).toBeInstanceOf(ConfigError);
    expect(refused.message).toStartWith("BASE_PATH: expected a first segment that no route");
    expect(refused.exitCode).toBe(2);
  },
);
