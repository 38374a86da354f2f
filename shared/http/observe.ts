/** What a request leaves behind: its id, a line in the log, its share of the metrics, a span. */
import { type Context, Elysia } from "elysia";

import type { MaybePromise } from "../process/and-then.ts";
import type { Log, LogRequests } from "../process/log.ts";
import type { Metrics } from "../process/metrics.ts";
import type { Tracer } from "../process/trace/tracer.ts";
import { showAsSynchronous } from "./at-once.ts";
import { OPEN, type Security } from "./auth/access.ts";
import { contextOf, pathOf } from "./context.ts";
import { STANDARD_HEADERS } from "./headers.ts";
import { createRequestMetrics } from "./metrics.ts";
import { problemResponse } from "./problem.ts";
import { createRequestLog } from "./request-log.ts";
import { routeNames } from "./route-names.ts";
import { endServerSpan, startServerSpan } from "./trace/http-spans.ts";

export interface ObserveOptions {
  log: Log;
  /** Which requests leave a line in it. */
  logRequests: LogRequests;
  /** Where requests are counted, and what `GET /metrics` shows. */
  metrics: Metrics;
  /** Where spans go. Default: nowhere */
  tracer?: Tracer | undefined;
  /** The paths of the app, `/users/:id` for example: log, metrics and traces know these and `other`. */
  paths: readonly string[];
  /** Whether the service is about to end: connections are closed after their answer then. */
  draining: () => boolean;
  /** Whom the metrics are for. Default: anyone */
  metricsFor?: Security;
}

/**
 * Goes around the whole app and serves `GET /metrics`. Every request gets an id (its `X-Request-Id` if
 * that is a decent one) and the standard headers, is counted, timed and logged, and is a span where
 * traces are sent; what escapes the framework itself becomes a failure.
 */
export function observe({
  log,
  logRequests,
  metrics,
  tracer,
  paths,
  draining,
  metricsFor = OPEN,
}: ObserveOptions) {
  const requests = createRequestMetrics(metrics);
  const write = createRequestLog({ log, requests: logRequests });
  const routeOf = routeNames(paths);

  function answered(request: Request, response: Response, startedAt: number): Response {
    const durationMs = performance.now() - startedAt;
    const { method, url } = request;
    // Its headers are an object that is made when it is asked for.
    const { status } = response;
    const route = routeOf(pathOf(url));
    const { failure: code, bytes, span, headers } = contextOf(request);
    requests.answered({ method, route, status, seconds: durationMs / 1_000, code, bytes });
    write(request, { route, status, durationMs });
    if (span) endServerSpan(span, { method, route, status });
    if (draining()) response.headers.set("connection", "close");
    if (headers) addHeaders(response, headers);
    // Elysia's HEAD counts the body that a 304 does not have (RFC 9110, 8.6).
    if (status === 304) response.headers.delete("content-length");
    return response;
  }

  return new Elysia()
    .wrap((handle: Function) => (request: Request) => {
      const startedAt = performance.now();
      requests.started();
      if (tracer) contextOf(request).span = startServerSpan(tracer, request);
      const responded = (response: Response) => answered(request, response, startedAt);
      const failed = (error: unknown) => responded(problemResponse(log, request, error));
      try {
        const response: MaybePromise<Response> = handle(request);
        return response instanceof Promise ? response.then(responded, failed) : responded(response);
      } catch (error) {
        return failed(error);
      }
    })
    .onRequest(identify)
    .get(
      "/metrics",
      ({ set }) => {
        set.headers["content-type"] = "text/plain; version=0.0.4; charset=utf-8";
        return metrics.text();
      },
      { detail: { hide: true, ...metricsFor } },
    );
}

const identify = showAsSynchronous(({ request, set }: Pick<Context, "request" | "set">) => {
  Object.assign(set.headers, STANDARD_HEADERS);
  set.headers["x-request-id"] = contextOf(request).id;
});

function addHeaders(response: Response, headers: Record<string, string>): void {
  for (const [name, value] of Object.entries(headers)) {
    // What it depends on may have been told already.
    if (name === "vary") response.headers.append(name, value);
    else response.headers.set(name, value);
  }
}
