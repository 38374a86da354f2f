import { afterEach, beforeEach, expect, expectTypeOf, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";

import { ask, problemIn } from "../../tests/support/ask.ts";
import { Cursor, Id, Limit, Timestamp } from "../contract/schemas.ts";
import type { Database } from "../database/database.ts";
import { openSqlite } from "../database/sqlite.ts";
import { andThen } from "../process/and-then.ts";
import { appOf } from "../testing/app.ts";
import { type AnyFailed, created, fail, failure, found, page } from "./answers.ts";
import { door } from "./door.ts";
import { responses } from "./responses.ts";
import { table } from "./table.ts";

const Part = Type.Object({
  id: Id,
  thing_id: Id,
  created_at: Timestamp,
  updated_at: Timestamp,
});
type Part = typeof Part.static;
const ThingPath = Type.Object({ id: Id }, { additionalProperties: false });
const PartQuery = Type.Object(
  {
    kind: Type.Optional(Type.String()),
    limit: Type.Optional(Limit),
    cursor: Type.Optional(Cursor),
  },
  { additionalProperties: false },
);
const missing = failure.notFound("part");
const broken = failure({ status: 409, code: "broken", detail: "It is broken" });

const PARTS = table<Part>(
  "parts",
  ({ text, instant }) => ({ id: text, thing_id: text, created_at: instant, updated_at: instant }),
  { owner: "thing_id" },
);
const MIGRATION = {
  version: 1,
  name: "parts",
  sql: `CREATE TABLE parts (id TEXT NOT NULL PRIMARY KEY, thing_id TEXT NOT NULL,
    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, version BIGINT NOT NULL, revision TEXT)`,
};

let database: Database;
beforeEach(async () => {
  database = await openSqlite(":memory:");
  await database.migrate([MIGRATION]);
});
afterEach(() => database.close());

/** An app with the parts of things. */
function open() {
  let made = 0;
  const rows = (where: string, values: string[]) =>
    database.read(
      `SELECT ${PARTS.columns} FROM parts WHERE ${where} ORDER BY created_at, id`,
      values,
    );
  const routes = new Elysia()
    .use(door)
    .get(
      "/things/:id/parts",
      ({ params, query, who }) =>
        page(({ createdAt, id, limit }) =>
          query.kind === "broken"
            ? fail(broken)
            : andThen(rows("thing_id = $1", [params.id]), (all) =>
                PARTS.all(all, who)
                  .filter((one) => one.createdAt > createdAt || one.id > id)
                  .slice(0, limit),
              ),
        ),
      {
        needs: "things:read",
        params: ThingPath,
        query: PartQuery,
        response: responses.list(Type.Array(Part), broken),
      },
    )
    .post(
      "/things/:id/parts",
      ({ params }) =>
        created(PARTS, () => {
          made += 1;
          const at = new Date(made).toISOString();
          const part = { id: `p${made}`, thing_id: params.id, created_at: at, updated_at: at };
          return params.id === "broken" ? fail(broken) : PARTS.creation(part);
        }),
      { needs: "things:write", params: ThingPath, response: responses.create(Part, broken) },
    )
    .get(
      "/parts/:id",
      ({ params, who }) =>
        found(
          andThen(rows("id = $1", [params.id]), (rows) => PARTS.first(rows, who)),
          missing,
        ),
      {
        needs: "things:read",
        params: ThingPath,
        response: responses.read(Part, missing),
      },
    );
  return appOf(routes, { database });
}

test("created responds with the path of a resource below another one", async () => {
  const app = await open();
  for (const path of ["/things/7/parts", "/things/7/parts/"]) {
    const response = await ask(app, path, { method: "POST" });
    const { id } = (await response.json()) as Part;
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe(`/things/7/parts/${id}`);
    expect(response.headers.get("etag")).toMatch(/^"1[0-9]{20}"$/);
  }
});

test("created and page respond with the failure that they get instead", async () => {
  const app = await open();
  for (const response of [
    await ask(app, "/things/broken/parts", { method: "POST" }),
    await ask(app, "/things/7/parts?kind=broken"),
  ]) {
    expect(await problemIn(response)).toMatchObject({ status: 409, code: "broken" });
  }
});

test("found responds with the tag, 304 to a client that has it, or the failure", async () => {
  const app = await open();
  const etag = (await ask(app, "/things/7/parts", { method: "POST" })).headers.get("etag") ?? "";
  const response = await ask(app, "/parts/p1");
  expect(response.headers.get("etag")).toBe(etag);
  expect(await response.json()).toMatchObject({ id: "p1" });
  const known = await ask(app, "/parts/p1", { headers: { "if-none-match": etag } });
  expect([known.status, await known.text()]).toEqual([304, ""]);
  expect(await problemIn(await ask(app, "/parts/p2"))).toMatchObject({ status: 404 });
});

test("page links to the next page, whose cursor is for this filter alone", async () => {
  const app = await open();
  for (let index = 0; index < 3; index += 1) await ask(app, "/things/7/parts", { method: "POST" });
  const first = await ask(app, "/things/7/parts?limit=2&kind=a");
  expect(((await first.json()) as Part[]).map(({ id }) => id)).toEqual(["p1", "p2"]);
  const [, next = ""] = /^<(.*)>; rel="next"$/.exec(first.headers.get("link") ?? "") ?? [];
  const second = await ask(app, next);
  expect(((await second.json()) as Part[]).map(({ id }) => id)).toEqual(["p3"]);
  expect(second.headers.get("link")).toBeNull();
  const other = await ask(app, next.replace("kind=a", "kind=b"));
  expect(await problemIn(other)).toMatchObject({ code: "invalid_query" });
});

test("What an obstacle fails with is an answer of the creation, which its route has to declare", () => {
  const at = new Date(0).toISOString();
  const part: Part = { id: "1", thing_id: "1", created_at: at, updated_at: at };
  const creation = () => ({ ...PARTS.creation(part), obstacle: async () => fail(broken) });
  const blocked = created(PARTS, creation);
  const either = created(PARTS, async () => (at === "" ? fail(missing) : creation()));
  const free = created(PARTS, () => PARTS.creation(part));
  expectTypeOf<Extract<typeof blocked, AnyFailed>["code"]>().toEqualTypeOf<409>();
  expectTypeOf<Extract<typeof either, AnyFailed>["code"]>().toEqualTypeOf<404 | 409>();
  expectTypeOf<Extract<typeof free, AnyFailed>>().toEqualTypeOf<never>();
});
