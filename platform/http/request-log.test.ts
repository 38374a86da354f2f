import { expect, test } from "bun:test";

import * as fc from "fast-check";

import { drawSeed } from "../../tests/support/seed.ts";
import { createLines } from "../process/lines.ts";
import { createLog, type LogRequests } from "../process/log.ts";
import { contextOf, type RequestContext } from "./context.ts";
import type { LoggedRequest } from "./request-line.ts";
import { createRequestLog } from "./request-log.ts";

interface Case extends Partial<LoggedRequest> {
  requests?: LogRequests;
  format?: "json" | "pretty";
  level?: "info" | "warn";
  /** What the context of the request has besides its id. */
  context?: Partial<Omit<RequestContext, "id">>;
  /** The `X-Request-Id`. */
  id?: string;
  /** Whether the log can write lines as bytes. */
  asBytes?: boolean;
}

/** The log lines of one request: one or none. */
async function written({
  requests = "all",
  format = "json",
  level = "info",
  context = {},
  id,
  asBytes = false,
  ...rest
}: Case): Promise<string> {
  let text = "";
  const lines = createLines({
    sink: {
      write: (batch) => (text += String(batch)).length,
      flush: () => 0,
    },
  });
  const { write, page } = lines;
  const log = createLog({
    service: 'te"st',
    format,
    level,
    now: () => 0,
    write,
    ...(asBytes && { page }),
  });
  const headers = { ...(id !== undefined && { "x-request-id": id }) };
  const request = new Request("http://localhost/s3cret?s3cret", { headers });
  Object.assign(contextOf(request), context);
  createRequestLog({ log, requests })(request, {
    method: "GET",
    route: "/makers/:id",
    status: 200,
    durationMs: 1.23456,
    ...rest,
  });
  await lines.end();
  return text;
}

async function lineOf(request: Case): Promise<Record<string, unknown>> {
  return JSON.parse(await written(request)) as Record<string, unknown>;
}

test("For people the line has the real path, and the end of the id at its end", async () => {
  const forPeople: Case = { format: "pretty", id: "019b76da-a800-7000-8000-0123456789ab" };
  for (const asBytes of [false, true]) {
    expect(await written({ ...forPeople, asBytes })).toBe(
      '00:00:00.000 info  te"st GET /s3cret 200 1.2 ms 456789ab\n',
    );
  }
  const missing = { status: 404, context: { failure: "not_found" }, durationMs: 17.6 };
  expect(await written({ ...forPeople, ...missing })).toBe(
    '00:00:00.000 info  te"st GET /s3cret 404 18 ms code=not_found 456789ab\n',
  );
});

test("A log line has the id, method, route, status and duration, but not the URL", async () => {
  expect(await lineOf({})).toEqual({
    time: "1970-01-01T00:00:00.000Z",
    level: "info",
    service: 'te"st',
    message: "request",
    request_id: expect.any(String),
    method: "GET",
    route: "/makers/:id",
    status: 200,
    duration_ms: 1.235,
  });
});

test("A log line names a failure, marks a slow request, and hides an unknown method", async () => {
  const failed = { status: 404, context: { failure: "not_found" } };
  expect(await lineOf(failed)).toMatchObject({ code: "not_found" });
  expect(await lineOf({ durationMs: 1_000 })).not.toHaveProperty("slow");
  expect(await lineOf({ durationMs: 1_001 })).toMatchObject({ slow: true });
  expect(await lineOf({ method: "PROPFIND" })).toMatchObject({ method: "other" });
});

test.each<[Case, boolean]>([
  [{ requests: "all", status: 200 }, true],
  [{ requests: "failed", status: 200 }, false],
  [{ requests: "failed", status: 399 }, false],
  [{ requests: "failed", status: 400 }, true],
  [{ requests: "failed", status: 503 }, true],
  [{ requests: "failed", status: 200, durationMs: 1_001 }, true],
  [{ requests: "all", route: "/health/ready", status: 200 }, false],
  [{ requests: "all", route: "/health/ready", status: 503 }, true],
  [{ requests: "all", route: "/metrics", status: 200, durationMs: 1_001 }, true],
  [{ requests: "off", status: 503, durationMs: 1_001 }, false],
  [{ requests: "all", level: "warn", status: 503 }, false],
])("A request with %j is logged: %p", async (request, isWritten) => {
  for (const asBytes of [false, true]) {
    expect((await written({ ...request, asBytes })) !== "").toBe(isWritten);
  }
});

/** Any request that can be logged. */
const anyCase = fc.record({
  id: fc.stringMatching(/^[0-9A-Za-z._-]{1,128}$/),
  method: fc.constantFrom("GET", "DELETE", "get", '"\\'),
  route: fc.constantFrom("/makers/:id", "other", '/"\\\n\u00e9'),
  status: fc.integer({ min: 200, max: 599 }),
  durationMs: fc.oneof(
    fc.double({ min: 0, max: 1_100, noNaN: true }),
    fc.integer({ min: 0, max: 10_000_000 }).map((micros) => micros / 1_000),
    fc.constantFrom(0, 0.0004, 0.0005, 0.0999996, 9.9999, 999.9996, 1_000, 1e12),
  ),
  context: fc.record(
    {
      span: fc.constant({
        context: { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "", sampled: true },
        end() {},
      } as unknown as NonNullable<RequestContext["span"]>),
      caller: fc.constant({ subject: "s3cret", hash: "2bd806c97f0e", scopes: new Set<string>() }),
      failure: fc.constantFrom("not_found", '"\\\n\u00e9'),
      bytes: fc.oneof(fc.nat(), fc.constantFrom(0, 9, 10, 99, 100, Number.MAX_SAFE_INTEGER)),
    },
    { requiredKeys: [] },
  ),
});

test("A line that is written as bytes is the same as the one that is written as text", async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (request) => {
      expect(await written({ ...request, asBytes: true })).toBe(await written(request));
    }),
    { seed: drawSeed(), numRuns: 2_000 },
  );
});
