import { expect, test } from "bun:test";

import { createLog, type LogRequests } from "../process/log.ts";
import { contextOf } from "./context.ts";
import { createRequestLog, type LoggedRequest } from "./request-log.ts";

interface Case extends Partial<LoggedRequest> {
  requests?: LogRequests;
  level?: "info" | "warn";
  method?: string;
  /** The code of the failure. */
  failure?: string;
}

/** The log line of one request, if there is one. */
function lineOf({ requests = "all", level = "info", method = "GET", failure, ...rest }: Case) {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const log = createLog({ service: "test", level, now: () => 0, write });
  const request = new Request("http://localhost/s3cret?s3cret", { method });
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
