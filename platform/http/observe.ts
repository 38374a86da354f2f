/** The id, log line, metrics and span of a request. */
import { type Context, Elysia } from "elysia";

import type { MaybePromise } from "../process/and-then.ts";
import type { Log, LogRequests } from "../process/log.ts";
import type { Metrics } from "../process/metrics.ts";
import type { Tracer } from "../process/trace/tracer.ts";
import { showAsSynchronous } from "./at-once.ts";
import { contextOf, pathOf } from "./context.ts";
import { createFailureLog, type LogFailure } from "./failure-log.ts";
import { STANDARD_HEADERS } from "./headers.ts";
import { createRequestMetrics, createScrape } from "./metrics.ts";
import { problemResponse } from "./problem.ts";
import { createRequestLog } from "./request-log.ts";
import { OPEN, type Security } from "./security.ts";
import { endServerSpan, startServerSpan } from "./spans.ts";

export interface ObserveOptions {
  log: Log;
  /** Logs failures. Default: each has a line */
  logFailure?: LogFailure;
  /** Which requests are logged. */
  logRequests: LogRequests;
  /** Where requests are counted, and what `GET /metrics` shows. */
  metrics: Metrics;
  /** Where spans go. Default: nowhere */
  tracer?: Tracer | undefined;
  /**
   * The paths of the app, for example `/things/:id`; any other is `other` in the log, metrics and
   * traces.
   */
  paths: readonly string[];
  /** Whether the service is shutting down: then connections are closed after the response. */
  draining: () => boolean;
  /** Who may read the metrics. Default: anyone */
  metricsFor?: Security;
}

/**
 * Goes around the whole app and serves `GET /metrics`. Gives every request an id (its
 * `X-Request-Id` if that is acceptable) and the standard headers, counts, times and logs it, and
 * records a span if traces are sent. Turns errors that reach it into responses.
 */
export function observe({
  log,
  logFailure = createFailureLog({ log }),
  logRequests,
  metrics,
  tracer,
  paths,
  draining,
  metricsFor = OPEN,
}: ObserveOptions) {
  const requests = createRequestMetrics(metrics);
  const scrape = createScrape(metrics);
  const write = createRequestLog({ log, requests: logRequests });
  const routeOf = routeNames(paths);

  function finish(request: Request, response: Response, startedAt: number): Response {
    const durationMs = performance.now() - startedAt;
    const { method, url } = request;
    // Access `response.headers` only if needed: Bun creates the object on first use.
    const { status } = response;
    const context = contextOf(request);
    const { failure: code, bytes, span, headers } = context;
    const route = context.route ?? routeOf(pathOf(url));
    const finished = { method, route, status, durationMs, code, bytes };
    requests.finished(finished);
    write(request, finished);
    if (span) endServerSpan(span, finished);
    if (draining()) response.headers.set("connection", "close");
    if (headers) addHeaders(response, headers);
    // For HEAD, Elysia sends the length of a body that a 304 does not have (RFC 9110, 8.6).
    if (status === 304) response.headers.delete("content-length");
    return response;
  }

  return new Elysia()
    .wrap((handle: Function) => (request: Request) => {
      const startedAt = performance.now();
      requests.started();
      if (tracer) contextOf(request).span = startServerSpan(tracer, request);
      let response: MaybePromise<Response>;
      try {
        response = handle(request);
      } catch (error) {
        response = problemResponse(logFailure, request, error);
      }
      if (!(response instanceof Promise)) return finish(request, response, startedAt);
      return response.then(
        (late) => finish(request, late, startedAt),
        (error) => finish(request, problemResponse(logFailure, request, error), startedAt),
      );
    })
    .onRequest(identify)
    .get(
      "/metrics",
      ({ set }) => {
        set.headers["content-type"] = "text/plain; version=0.0.4; charset=utf-8";
        return scrape();
      },
      { detail: { hide: true, ...metricsFor } },
    );
}

const identify = showAsSynchronous(({ request, set }: Pick<Context, "request" | "set">) => {
  set.headers = { ...STANDARD_HEADERS, "x-request-id": contextOf(request).id };
});

function addHeaders(response: Response, headers: Record<string, string>): void {
  for (const [name, value] of Object.entries(headers)) {
    // The app may have set a `Vary` already.
    if (name === "vary") response.headers.append(name, value);
    else response.headers.set(name, value);
  }
}

/**
 * Returns a function that maps a path to its route: one of a bounded set, whatever clients send.
 *
 * @param paths the patterns of the app, for example `/things/:id`; any other path is `other`
 */
function routeNames(paths: readonly string[]): (path: string) => string {
  const fixed = new Set(paths.filter((path) => !path.includes(":")));
  const open = paths
    .filter((path) => path.includes(":"))
    .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/:[^/]+/g, "[^/]+")}$`) }));
  return (requested) => {
    // For the trailing slash see `app.ts`.
    const path = requested.endsWith("/") ? requested.slice(0, -1) : requested;
    return fixed.has(path)
      ? path
      : (open.find(({ pattern }) => pattern.test(path))?.path ?? "other");
  };
}
