/** The id, log line, metrics and span of a request. */
import type { MaybePromise } from "../process/and-then.ts";
import type { Log, LogRequests } from "../process/log.ts";
import type { Metrics } from "../process/metrics.ts";
import type { Tracer } from "../process/trace/tracer.ts";
import { contextOf, pathOf, type Respond } from "./context.ts";
import { createRequestMetrics, type Declared } from "./metrics.ts";
import { isOperational } from "./operational.ts";
import { type Render, responseOf } from "./problem.ts";
import { createRequestLog } from "./request-log.ts";
import { createMatcher } from "./routes.ts";
import { endServerSpan, startServerSpan } from "./spans.ts";

export interface ObserveOptions {
  log: Log;
  /** Turns what was thrown into a response. */
  render: Render;
  /** Which requests are logged. */
  logRequests: LogRequests;
  /** Where requests are counted. */
  metrics: Metrics;
  /** What is counted from 0 on. Default: nothing */
  declared?: () => Declared;
  /** Where spans go. Default: nowhere */
  tracer?: Tracer | undefined;
  /**
   * The paths of the app, for example `/things/:id`; any other is `other` in the log, metrics and
   * traces.
   */
  paths: readonly string[];
  /** Whether the service is shutting down: then connections are closed after the response. */
  draining: () => boolean;
}

/**
 * Goes around everything else: whatever was refused or thrown becomes a response here. Counts, times
 * and logs every request, and records a span if traces are sent, but none of a probe or a scrape:
 * they would be most of the traces of a quiet service.
 */
export function observe(
  respond: Respond,
  { log, render, logRequests, metrics, declared, tracer, paths, draining }: ObserveOptions,
): Respond {
  const requests = createRequestMetrics(metrics, declared);
  const write = createRequestLog({ log, requests: logRequests });
  const routeOf = createMatcher(paths);

  return (request) => {
    const startedAt = performance.now();
    requests.started();
    if (tracer && !isOperational(pathOf(request.url))) {
      contextOf(request).span = startServerSpan(tracer, request);
    }
    let response: MaybePromise<Response>;
    try {
      response = respond(request);
    } catch (error) {
      response = responseOf(render(request, error));
    }
    if (!(response instanceof Promise)) return finish(request, response, startedAt);
    return response.then(
      (late) => finish(request, late, startedAt),
      (error) => finish(request, responseOf(render(request, error)), startedAt),
    );
  };

  function finish(request: Request, response: Response, startedAt: number): Response {
    const durationMs = performance.now() - startedAt;
    const { method, url } = request;
    // Access `response.headers` only if needed: Bun creates the object on first use.
    const { status } = response;
    const context = contextOf(request);
    const { caller, failure: code, bytes, span, headers } = context;
    const route = context.route ?? routeOf(url) ?? "other";
    const finished = { method, route, status, durationMs, code, bytes };
    requests.finished(finished);
    if (caller) audit(log, request, response);
    write(request, finished);
    if (span) endServerSpan(span, finished);
    if (draining()) response.headers.set("connection", "close");
    if (headers) addHeaders(response, headers);
    // For HEAD, Elysia sends the length of a body that a 304 does not have (RFC 9110, 8.6).
    if (status === 304) response.headers.delete("content-length");
    return response;
  }
}

const READS = ["GET", "HEAD", "OPTIONS"];

/** Logs what an admin has changed. */
function audit(log: Log, request: Request, response: Response): void {
  const { method, url } = request;
  const { id, caller } = contextOf(request);
  if (READS.includes(method) || !response.ok) return;
  if (!caller || !("scopes" in caller) || !caller.scopes.has("admin")) return;
  const created = response.headers.get("location");
  log.info("changed by an admin", {
    request_id: id,
    subject: caller.subject,
    method,
    path: pathOf(url),
    ...(created && { created }),
  });
}

function addHeaders(response: Response, headers: Record<string, string>): void {
  for (const [name, value] of Object.entries(headers)) {
    // The app may have set a `Vary` already.
    if (name === "vary") response.headers.append(name, value);
    else response.headers.set(name, value);
  }
}
