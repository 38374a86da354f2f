/** What a request leaves behind: its id, a line in the log, its share of the metrics. */
import { type Context, Elysia } from "elysia";

import type { MaybePromise } from "../process/and-then.ts";
import type { Log } from "../process/log.ts";
import { showAsSynchronous } from "./at-once.ts";
import { OPEN, type Security } from "./auth/access.ts";
import { contextOf, pathOf } from "./context.ts";
import { STANDARD_HEADERS } from "./headers.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { problemResponse } from "./problem.ts";

export interface ObserveOptions {
  log: Log;
  /** The paths of the app, `/users/:id` say: the metrics know these and `other`. */
  paths: readonly string[];
  /** Whether the service is about to end: connections are closed after their answer then. */
  draining: () => boolean;
  /** Where it is counted, with what the service counts itself. Default: nothing but this */
  metrics?: Metrics;
  /** Whom the metrics are for. Default: anyone */
  metricsFor?: Security;
}

/**
 * Goes around the whole app and serves `GET /metrics`. Every request gets an id (its `X-Request-Id` if
 * that is a decent one) and the standard headers, is counted and timed, and logged at `debug`; what
 * escapes the framework itself becomes a failure.
 */
export function observe({
  log,
  paths,
  draining,
  metrics = createMetrics(),
  metricsFor = OPEN,
}: ObserveOptions) {
  const routeOf = matcher(paths);

  function answered(request: Request, response: Response, startedAt: number): Response {
    const durationMs = performance.now() - startedAt;
    const { method, url } = request;
    // Its headers are an object that is made when it is asked for.
    const { status } = response;
    const path = pathOf(url);
    metrics.answered(method, routeOf(path), status, durationMs / 1000);
    if (draining()) response.headers.set("connection", "close");
    const { headers } = contextOf(request);
    if (headers) addHeaders(response, headers);
    // Elysia's HEAD counts the body that a 304 does not have (RFC 9110, 8.6).
    if (status === 304) response.headers.delete("content-length");
    if (!log.enabled("debug")) return response;
    log.debug("request", {
      request_id: contextOf(request).id,
      method,
      path,
      status,
      duration_ms: Math.round(durationMs * 1000) / 1000,
    });
    return response;
  }

  return new Elysia()
    .wrap((handle: Function) => (request: Request) => {
      const startedAt = performance.now();
      metrics.started();
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

/** Names the route of a path: one of a bounded set, whatever clients ask for. */
function matcher(paths: readonly string[]): (path: string) => string {
  const fixed = new Set(paths.filter((path) => !path.includes(":")));
  const open = paths
    .filter((path) => path.includes(":"))
    .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/:[^/]+/g, "[^/]+")}$`) }));
  return (asked) => {
    // Elysia routes a path with a slash at its end as the one without.
    const path = asked.endsWith("/") ? asked.slice(0, -1) : asked;
    return fixed.has(path)
      ? path
      : (open.find(({ pattern }) => pattern.test(path))?.path ?? "other");
  };
}
