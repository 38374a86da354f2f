import { expect, test } from "bun:test";

import { createLog, type LogRequests } from "../process/log.ts";
import { contextOf } from "./context.ts";
import { createRequestLog, type LoggedRequest } from "./request-log.ts";

interface Case extends Partial<LoggedRequest> {
  requests?: LogRequests;
  format?: "json" | "pretty";
  level?: "info" | "warn";
  method?: string;
  /** The code of the failure. */
  failure?: string;
}

const ID = "019b76da-a800-7000-8000-0123456789ab";

/** The text of the log line of one request, if there is one. */
function textOf({
  requests = "all",
  format = "json",
  level = "info",
  method = "GET",
  failure,
  ...rest
}: Case) {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const log = createLog({ service: "test", format, level, now: () => 0, write });
  const headers = { "x-request-id": ID };
  const request = new Request("http://localhost/makers/s3cret?s3cret", { method, headers });
  if (failure) contextOf(request).failure = failure;
  createRequestLog({ log, requests })(request, {
    route: "/makers/:id",
    status: 200,
    durationMs: 1.23456,
    ...rest,
  });
  expect(lines.length).toBeLessThanOrEqual(1);
  return lines[0];
}

/** The fields of the log line of one request, if there is one. */
function lineOf(request: Case): Record<string, unknown> | undefined {
  const text = textOf(request);
  return text === undefined ? undefined : JSON.parse(text);
}

test("For people the line has the real path, and the end of the id at its end", () => {
  const format = "pretty";
  expect(textOf({ format })).toBe(
    "00:00:00.000 info  test GET /makers/s3cret 200 1.2 ms 456789ab\n",
  );
  expect(textOf({ format, status: 404, failure: "not_found", durationMs: 17.6 })).toBe(
    "00:00:00.000 info  test GET /makers/s3cret 404 18 ms code=not_found 456789ab\n",
  );
});

test("A log line has the id, method, route, status and duration, but not the URL", () => {
  expect(lineOf({})).toEqual({
    time: "1970-01-01T00:00:00.000Z",
    level: "info",
    service: "test",
    message: "request",
    request_id: expect.any(String),
    method: "GET",
    route: "/makers/:id",
    status: 200,
    duration_ms: 1.235,
  });
});

test("A log line names a failure, marks a slow request, and hides an unknown method", () => {
  expect(lineOf({ status: 404, failure: "not_found" })).toMatchObject({ code: "not_found" });
  expect(lineOf({ durationMs: 1_000 })).not.toHaveProperty("slow");
  expect(lineOf({ durationMs: 1_001 })).toMatchObject({ slow: true });
  expect(lineOf({ method: "PROPFIND" })).toMatchObject({ method: "other" });
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
])("A request with %j is logged: %p", (request, isWritten) => {
  expect(lineOf(request) !== undefined).toBe(isWritten);
});
