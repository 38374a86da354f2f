/** What routes cannot have is refused when the app is composed, by the name of the route. */
import { expect, test } from "bun:test";

import { type Static, Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia, t } from "elysia";

import { Id } from "../contract/schemas.ts";
import { appOf } from "../testing/app.ts";
import { door } from "./door.ts";

const Thing = Type.Object({ id: Type.String() }, { additionalProperties: false });
type Thing = Static<typeof Thing>;
const declaredAnew = () => ({ needs: "things:read", response: { 200: Thing } }) as const;
const declared = declaredAnew();
const one = (): Thing => ({ id: "1" });
const routes = () => new Elysia().use(door);
const withQuery = (query: unknown) => () =>
  routes().get("/a", one, { ...declared, query: query as typeof Thing });

const REFUSED: [name: string, make: () => AnyElysia, message: string][] = [
  [
    "no needs",
    () => routes().get("/a", one, { response: { 200: Thing } }),
    "GET /a does not say what it `needs`",
  ],
  [
    "another need than that of its guard",
    () =>
      routes()
        .guard({ needs: "things:read" })
        .get("/a", one, { ...declaredAnew(), needs: "admin" }),
    "GET /a says more than once what it `needs`: things:read, admin",
  ],
  [
    "the options object of another route, with another need",
    () => {
      const options = declaredAnew();
      return routes()
        .get("/b", one, options)
        .get("/a", one, { ...options, needs: "admin" });
    },
    "GET /a says more than once what it `needs`: admin, things:read",
  ],
  [
    "a security in its detail",
    () => routes().get("/a", one, { ...declared, detail: { security: [] } }),
    "GET /a has a `security` in its `detail`: say what it `needs`",
  ],
  [
    "a scope of no service",
    () => routes().get("/a", one, { ...declaredAnew(), needs: "thongs:read" }),
    "GET /a needs thongs:read, which no service has",
  ],
  [
    "no response",
    () => routes().get("/a", one, { needs: "things:read" }),
    "GET /a declares no response",
  ],
  [
    "a failure that is not declared as one",
    () => routes().get("/a", one, { ...declared, response: { 200: Thing, 404: Type.String() } }),
    "GET /a has a response 404 of its own: declare a failure, for responses.failures()",
  ],
  [
    "a response that is a model by name",
    () =>
      routes()
        .model({ Thing })
        .get("/a", one, { ...declared, response: { 200: "Thing" } }),
    "GET /a has a response 200 that is no TypeBox schema",
  ],
  [
    "a response that decodes",
    () =>
      routes().get("/a", one as never, {
        ...declared,
        response: { 200: t.Object({ id: t.Numeric() }) },
      }),
    "GET /a has a response 200 that decodes, which is not done",
  ],
  [
    "a path parameter without a schema",
    () => routes().get("/a/:id", one, declared),
    "GET /a/:id has a path parameter without a schema",
  ],
  [
    "a number in the path",
    () => routes().get("/a/:id", one, { ...declared, params: Type.Object({ id: Type.Number() }) }),
    "GET /a/:id has a params whose id is not string",
  ],
  [
    "a query without a schema",
    () => routes().get("/a", ({ query }) => ({ id: query["x"] ?? "" }), declared),
    "GET /a uses its query, but declares no schema for it",
  ],
  [
    "a query without a schema in a hook",
    () =>
      routes()
        .derive(({ query }) => ({ x: query["x"] }))
        .get("/a", one, declared),
    "GET /a uses its query, but declares no schema for it",
  ],
  [
    "a query that decodes",
    withQuery(t.Object({ n: t.Numeric() })),
    "GET /a has a query that decodes, which is not done",
  ],
  [
    "a list in the query",
    withQuery(Type.Object({ n: Type.Array(Type.String()) })),
    "GET /a has a query whose n is not string or integer",
  ],
  [
    "a boolean in the query",
    withQuery(Type.Object({ n: Type.Optional(Type.Boolean()) })),
    "GET /a has a query whose n is not string or integer",
  ],
  ["a query that is no object", withQuery(Type.String()), "GET /a has a query that is no object"],
  [
    "a schema of another library",
    withQuery({ "~standard": { version: 1 } }),
    "GET /a has a query that is no TypeBox schema",
  ],
  [
    "a body without a schema",
    () => routes().post("/a", ({ body }) => body as Thing, declared),
    "POST /a uses its body, but declares no schema for it",
  ],
  [
    "a body of a GET",
    () => routes().get("/a", one as never, { ...declared, body: Thing } as never),
    "GET /a has a body, which the request of a GET has not",
  ],
  [
    "a body that is a model by name",
    () =>
      routes()
        .model({ Thing })
        .post("/a", one, { ...declared, body: "Thing" }),
    "POST /a names the model Thing for its body: give the schema",
  ],
  [
    "a body with a file",
    () => routes().post("/a", one, { ...declared, body: t.Object({ a: t.File() }) }),
    "POST /a has a body that is not JSON",
  ],
  [
    "a parser of its own",
    () => routes().post("/a", one, { ...declared, body: Thing, parse: "text" }),
    "POST /a parses its body itself: the platform reads it, within limits",
  ],
  [
    "a type of its own",
    () =>
      routes().post("/a", one as never, { ...declared, body: Thing, type: "formdata" } as never),
    "POST /a has a `type`: every body is JSON",
  ],
  [
    "a cookie that is read",
    () => routes().get("/a", ({ cookie }) => ({ id: String(cookie["x"]) }), declared),
    "GET /a uses its cookie, but callers authenticate with a token",
  ],
  [
    "a schema of cookies",
    () => routes().get("/a", one, { ...declared, cookie: t.Cookie({}) }),
    "GET /a has cookies: callers authenticate with a token",
  ],
  [
    "onError",
    () =>
      routes()
        .onError(() => "x")
        .get("/a", one, declared),
    "GET /a handles errors itself: every failure becomes a problem document",
  ],
  [
    "onAfterResponse",
    () =>
      routes()
        .onAfterResponse(() => {})
        .get("/a", one, declared),
    "GET /a has an afterResponse, which requests that were cut off do not reach",
  ],
  [
    "onRequest",
    () =>
      routes()
        .onRequest(() => {})
        .get("/a", one, declared),
    "The routes have request, which only the app can have",
  ],
  [
    "onStart and onStop",
    () =>
      routes()
        .onStart(() => {})
        .onStop(() => {})
        .get("/a", one, declared),
    "The routes have start and stop, which only the app can have",
  ],
  [
    "trace",
    () =>
      routes()
        .trace(() => {})
        .get("/a", one, declared),
    "The routes have trace, which only the app can have",
  ],
  [
    "wrap",
    () =>
      routes()
        .wrap((handle) => handle as never)
        .get("/a", one, declared),
    "The routes have wrap, which only the app can have",
  ],
  [
    "headers for all",
    () => routes().headers({ "x-own": "1" }).get("/a", one, declared),
    "The routes have headers, which only the app can have",
  ],
  ["a web socket", () => routes().ws("/a", {}), "WS /a is a web socket, which has no response"],
  [
    "another app",
    () => routes().mount("/a", () => new Response()),
    "ALL /a has another method than GET, POST, PUT, PATCH, DELETE",
  ],
  [
    "all methods",
    () => routes().all("/a", one, declared),
    "ALL /a has another method than GET, POST, PUT, PATCH, DELETE",
  ],
  [
    "a wildcard",
    () => routes().get("/a/*", one, declared),
    "GET /a/* has a wildcard in its path, so its requests cannot be named",
  ],
  [
    "an optional part",
    () =>
      routes().get("/a/:id?", one, { ...declared, params: Type.Object({ id: Type.Optional(Id) }) }),
    "GET /a/:id? has an optional part in its path: declare two routes",
  ],
  [
    "a path of the platform",
    () => routes().get("/metrics", one, declared),
    "GET /metrics is a path that every service has",
  ],
];

test.each(REFUSED)("%s", async (_name, make, message) => {
  const refused = await appOf(make()).then(
    () => "composed",
    (error: Error) => error.message,
  );
  expect(refused).toBe(message);
});

test("Routes that have none of these are composed", async () => {
  await appOf(routes().get("/a", one, declared));
});
