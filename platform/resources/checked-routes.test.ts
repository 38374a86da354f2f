import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";

import { ask, problemIn } from "../../tests/support/ask.ts";
import { ProblemError } from "../http/failure.ts";
import { keyInUse } from "../http/failures.ts";
import { appOf } from "../testing/app.ts";
import { door } from "./door.ts";

const Thing = Type.Object({ id: Type.String() }, { additionalProperties: false });
const declared = { needs: "things:read", response: { 200: Thing, 304: Type.Void() } } as const;

/** An app that serves one handler twice: `/now` returns its value, `/later` a promise of it. */
function appThat(handle: (set: { status?: unknown }) => unknown) {
  const routes = new Elysia()
    .use(door)
    .get("/now", ({ set }) => handle(set) as never, declared)
    .get("/later", ({ set }) => Promise.resolve().then(() => handle(set)) as never, declared);
  return appOf(routes, { environment: { LOG_REQUESTS: "off" } });
}

const PATHS = ["/now", "/later"];

test("A handler's value becomes a response synchronously, its promise later", async () => {
  const { fetch } = await appThat(() => ({ id: "1" }));
  const responses = PATHS.map((path) => fetch(new Request(`http://localhost${path}`)));
  expect(responses.map((response) => response instanceof Response)).toEqual([true, false]);
  for (const response of await Promise.all(responses))
    expect(await response.json()).toEqual({ id: "1" });
});

describe.each(PATHS)("GET %s", (path) => {
  test("sends the status and the headers that the handler sets", async () => {
    const app = await appThat((set) => void Object.assign(set, { status: 304 }));
    const response = await ask(app, path);
    expect(response.status).toBe(304);
    expect(response.headers.get("x-request-id")).not.toBeNull();
    expect(await response.text()).toBe("");
  });

  test("sends the failure that the handler throws, with all headers", async () => {
    const app = await appThat(() => {
      throw new ProblemError(keyInUse);
    });
    const response = await ask(app, path, { headers: { "x-request-id": "r" } });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "cache-control": "no-store",
      "retry-after": "1",
      "x-request-id": "r",
    });
    expect(await problemIn(response)).toMatchObject({ status: 409, code: keyInUse.code });
    expect(app.lines).toEqual([]);
  });

  test("sends a 500 without details, and logs which fields are wrong, if the response does not match its schema", async () => {
    const app = await appThat(() => ({ id: 1, password: "hunter2" }));
    expect(await problemIn(await ask(app, path))).toMatchObject({ status: 500, code: "internal" });
    expect(app.lines).toHaveLength(1);
    // Only the field names, not their values: more people read the log than the database.
    expect(app.lines[0]?.["error"].message).toBe(
      "The response does not match its schema: /password: Unknown name; /id: Expected text",
    );
  });

  test("sends a 500 if the route does not declare the status", async () => {
    const app = await appThat((set) => {
      set.status = 202;
      return { id: "1" };
    });
    expect(await problemIn(await ask(app, path))).toMatchObject({ status: 500, code: "internal" });
    expect(app.lines[0]?.["error"].message).toBe("The route declares no response with status 202");
  });
});

test("A scope to read any resource is only for a route that reads one by its id", async () => {
  const wide = { needs: ["things:read", "things:read:any"], response: { 200: Thing } } as const;
  const list = new Elysia().use(door).get("/things", () => ({ id: "1" }), wide);
  await expect(appOf(list)).rejects.toThrow(
    "GET /things cannot need things:read:any, which only reads by id",
  );
  const params = Type.Object({ id: Type.String() });
  const below = new Elysia()
    .use(door)
    .get("/things/:id/parts", () => ({ id: "1" }), { ...wide, params });
  await expect(appOf(below)).rejects.toThrow("GET /things/:id/parts cannot need things:read:any");
  const change = new Elysia()
    .use(door)
    .patch("/things/:id", () => ({ id: "1" }), { ...wide, params });
  await expect(appOf(change)).rejects.toThrow("PATCH /things/:id cannot need things:read:any");
});
