import { beforeEach, describe, expect, test } from "bun:test";

import { Elysia } from "elysia";

import { DatabaseUnavailable } from "../platform/database/database.ts";
import { createFailureLog } from "../platform/http/failure-log.ts";
import { ProblemError, type ProblemStatus, TITLES } from "../platform/http/failure.ts";
import { notFound } from "../platform/http/failures.ts";
import { observe } from "../platform/http/observe.ts";
import { createRender, standard } from "../platform/http/problem.ts";
import { createLog } from "../platform/process/log.ts";
import { createMetrics } from "../platform/process/metrics.ts";
import { openService } from "./support/apps.ts";
import { ask, problemIn } from "./support/ask.ts";
import { FIRST, ONE, ROUTE, TABLE } from "./support/first.ts";

const SECRET = "postgres://admin:hunter2@db/name";

let lines: Record<string, any>[];
beforeEach(() => void (lines = []));
const log = createLog({ service: "test", write: (line) => void lines.push(JSON.parse(line)) });

/** An app whose handlers call `fail`. */
function appThat(fail: () => unknown) {
  const render = createRender(createFailureLog({ log }));
  const { fetch } = new Elysia({ normalize: false })
    .use(standard(render))
    .get("/", () => fail() as string)
    .get("/later", async () => {
      await Promise.resolve();
      return fail() as string;
    });
  const handle = observe(fetch, {
    log,
    render,
    logRequests: "off",
    metrics: createMetrics(),
    paths: [],
    draining: () => false,
  });
  return { handle };
}

function thrown(value: unknown): () => never {
  return () => {
    throw value;
  };
}

const framework = Object.assign(new Error(SECRET), { code: "NOT_FOUND", status: 404 });
const validation = Object.assign(new Error(SECRET), { code: "VALIDATION", status: 422 });
const trap = Object.defineProperty({}, "status", { get: thrown(new Error(SECRET)) });

describe("The error handler", () => {
  test.each([
    ["an error", new Error(SECRET)],
    ["an error with a cause", new Error("outer", { cause: new Error(SECRET) })],
    ["an error that calls itself a 404", framework],
    ["an error that calls itself invalid input", validation],
    ["a frozen error", Object.freeze(new Error(SECRET))],
    ["a string", SECRET],
    ["an object", { message: SECRET, status: 418, secret: SECRET }],
    ["an object whose getter throws", trap],
    ["a number", 404],
    ["undefined", undefined],
    ["null", null],
    ["a BigInt", 1n],
  ])("sends a bare 500 and logs one error if a handler throws %s", async (_what, value) => {
    for (const path of ["/", "/later"]) {
      lines = [];
      const answer = await ask(appThat(thrown(value)), path, { headers: { "x-request-id": "r" } });
      expect(JSON.stringify([...answer.headers, await answer.clone().text()])).not.toContain(
        "hunt",
      );
      expect(await problemIn(answer)).toEqual({
        type: "about:blank",
        title: "Internal Server Error",
        status: 500,
        detail: "Something went wrong on our side",
        code: "internal",
        request_id: "r",
      });
      expect(lines).toMatchObject([{ level: "error", request_id: "r" }]);
      if (value instanceof Error) expect(JSON.stringify(lines)).toContain(SECRET);
    }
  });

  test("sends a bare 503 and logs the cause if a table is gone", async () => {
    const service = await openService(FIRST, { log });
    await service.database.write([{ text: `DROP TABLE ${TABLE}`, values: [] }]);
    const answer = await ask(service, ONE);
    expect(await answer.clone().text()).not.toMatch(new RegExp(`sqlite|table|${TABLE}"`, "i"));
    expect(await problemIn(answer)).toMatchObject({ status: 503, code: "database_unavailable" });
    // One line has the cause, the other is the request's, which has the route.
    const [cause, request] = lines;
    expect(cause).toMatchObject({ level: "error", code: "database_unavailable" });
    expect(request).toMatchObject({
      route: ROUTE,
      status: 503,
      code: "database_unavailable",
    });
    expect(request?.["request_id"]).toBe(cause?.["request_id"]);
    expect(JSON.stringify(lines)).toContain("no such table");
    await service.close();
  });
});

test("An expected 5xx is logged once, with its cause", async () => {
  const error = new DatabaseUnavailable(new Error(SECRET));
  const answer = await ask(appThat(thrown(error)), "/");
  expect(answer.headers.get("retry-after")).toBe("1");
  expect(await problemIn(answer)).toMatchObject({ status: 503, code: "database_unavailable" });
  expect(lines).toMatchObject([
    { level: "error", code: "database_unavailable", error: { message: SECRET } },
  ]);
});

test("A 4xx is not logged as an error", async () => {
  const error = new ProblemError(notFound("thing"), { cause: new Error(SECRET) });
  expect((await problemIn(await ask(appThat(thrown(error)), "/"))).status).toBe(404);
  expect(lines).toEqual([]);
});

test("Every status has the title of its RFC, even where the server's title differs", async () => {
  for (const [status, title] of Object.entries(TITLES)) {
    const error = new ProblemError({
      status: Number(status) as ProblemStatus,
      code: "code",
      detail: "Detail",
      description: "It failed.",
    });
    expect(await problemIn(await ask(appThat(thrown(error)), "/"))).toMatchObject({ title });
  }
});
