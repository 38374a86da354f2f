import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";

import { ask, problemIn } from "../../tests/support/ask.ts";
import { createLog } from "../process/log.ts";
import { createMetrics } from "../process/metrics.ts";
import { checkedRoutes } from "./checked-routes.ts";
import { ProblemError } from "./failure.ts";
import { keyInUse } from "./failures.ts";
import { observe } from "./observe.ts";
import { failing, problems } from "./problem.ts";

const Thing = Type.Object({ id: Type.String() }, { additionalProperties: false });
const declared = { response: { 200: Thing, 304: Type.Void() } };

/** An app that serves one handler twice: `/now` returns its value, `/later` a promise of it. */
function appThat(handle: (set: { status?: unknown }) => unknown) {
  const lines: Record<string, any>[] = [];
  const log = createLog({ service: "test", write: (line) => void lines.push(JSON.parse(line)) });
  const routes = new Elysia({ normalize: false })
    .get("/now", ({ set }) => handle(set) as never, declared)
    .get("/later", ({ set }) => Promise.resolve().then(() => handle(set)) as never, declared);
  const app = new Elysia({ normalize: false })
    .use(problems(log))
    .use(
      observe({
        log,
        paths: ["/now", "/later"],
        draining: () => false,
        metrics: createMetrics(),
        logRequests: "off",
      }),
    )
    .use(checkedRoutes(routes, { fail: failing(log) }));
  return { app, lines };
}

const PATHS = ["/now", "/later"];

test("A handler's value becomes a response synchronously, its promise later", async () => {
  const { app } = appThat(() => ({ id: "1" }));
  const responses = PATHS.map((path) => app.fetch(new Request(`http://localhost${path}`)));
  expect(responses.map((response) => response instanceof Response)).toEqual([true, false]);
  for (const response of await Promise.all(responses))
    expect(await response.json()).toEqual({ id: "1" });
});

describe.each(PATHS)("GET %s", (path) => {
  test("sends the status and the headers that the handler sets", async () => {
    const { app } = appThat((set) => void Object.assign(set, { status: 304 }));
    const response = await ask(app, path);
    expect(response.status).toBe(304);
    expect(response.headers.get("x-request-id")).not.toBeNull();
    expect(await response.text()).toBe("");
  });

  test("sends the failure that the handler throws, with all headers", async () => {
    const { app, lines } = appThat(() => {
      throw new ProblemError(keyInUse);
    });
    const response = await ask(app, path, { headers: { "x-request-id": "r" } });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "cache-control": "no-store",
      "retry-after": "1",
      "x-request-id": "r",
    });
    expect(await problemIn(response)).toMatchObject({ status: 409, code: keyInUse.code });
    expect(lines).toEqual([]);
  });

  test("sends a 500 without details, and logs which fields are wrong, if the response does not match its schema", async () => {
    const { app, lines } = appThat(() => ({ id: 1, password: "hunter2" }));
    expect(await problemIn(await ask(app, path))).toMatchObject({ status: 500, code: "internal" });
    expect(lines).toHaveLength(1);
    // Only the field names, not their values: more people read the log than the database.
    expect(lines[0]?.["error"].message).toBe(
      "The response does not match its schema: /password: Unknown name; /id: Expected text",
    );
  });

  test("sends a 500 if the route does not declare the status", async () => {
    const { app, lines } = appThat((set) => {
      set.status = 202;
      return { id: "1" };
    });
    expect(await problemIn(await ask(app, path))).toMatchObject({ status: 500, code: "internal" });
    expect(lines[0]?.["error"].message).toBe("The route declares no response with status 202");
  });
});
