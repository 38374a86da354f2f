/**
 * The metrics, log lines and spans of calls; spans by the stable conventions
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/).
 */
import type { Log } from "../process/log.ts";
import type { Metrics } from "../process/metrics.ts";
import { type TraceContext, traceHeaders } from "../process/trace/trace-context.ts";
import type { Tracer } from "../process/trace/tracer.ts";
import { CallError } from "./error.ts";

/**
 * Returns what the parts of a call report to: counts each event, and logs changes of the circuit
 * breaker.
 */
export function callEvents(service: string, { metrics, log }: { metrics: Metrics; log: Log }) {
  const labels = { callee: service };
  const attempt = metrics.counter({
    name: "call_attempts_total",
    help: "Attempts to call another service, by outcome",
    labels,
    label: "outcome",
    values: ["answered", "failed", "left"],
  });
  const retry = metrics.counter({
    name: "call_retries_total",
    labels,
    help: "Retries, granted or refused by the budget",
    label: "budget",
    values: ["granted", "refused"],
  });
  const refusal = metrics.counter({
    name: "call_refused_total",
    labels,
    help: "Calls rejected without an attempt",
    label: "by",
    values: ["bulkhead", "breaker"],
  });
  const lookUp = metrics.counter({
    name: "call_cache_lookups_total",
    labels,
    help: "Cache lookups, by result: a fresh value, a call in flight, nothing, a stale value",
    label: "found",
    values: ["fresh", "flight", "nothing", "stale"],
  });
  const change = metrics.counter({
    name: "call_breaker_changes_total",
    labels,
    help: "Changes of the circuit breaker",
    label: "to",
    values: ["open", "closed"],
  });
  return {
    /** `left`: it was abandoned. */
    attempted: attempt,
    retried: () => retry("granted"),
    /** The budget is exhausted. */
    retryRefused: () => retry("refused"),
    /** A call or an attempt was not made. */
    refused: refusal,
    /** `stale` may follow another one, instead of a failure. */
    lookedUp: lookUp,
    breakerChanged(state: "open" | "closed"): void {
      change(state);
      if (state === "open") log.warn("breaker opened", { callee: service });
      else log.info("breaker closed", { callee: service });
    },
  };
}
export type CallEvents = ReturnType<typeof callEvents>;

export interface ClientSpanOptions {
  url: string;
  /** The span of the request that this one is sent for. */
  parent: TraceContext | undefined;
  /** The number of earlier attempts. */
  resends: number;
}

/**
 * Sends a request to another service within a span.
 *
 * @param get sends these headers, and returns `undefined` for a 404
 */
export async function withClientSpan<Result>(
  tracer: Tracer,
  { url, parent, resends }: ClientSpanOptions,
  get: (headers: Record<string, string>) => Promise<Result | undefined>,
): Promise<Result | undefined> {
  const { hostname, port, protocol } = new URL(url);
  const span = tracer.start("GET", {
    kind: "client",
    parent,
    attributes: {
      "http.request.method": "GET",
      "url.full": url,
      "server.address": hostname,
      "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
      ...(resends > 0 && { "http.request.resend_count": resends }),
    },
  });
  const end = (status: number, error: string | undefined) =>
    span.end({ attributes: status > 0 ? { "http.response.status_code": status } : {}, error });
  try {
    const result = await get(traceHeaders(span.context));
    // For a client span every 4xx is an error, including the 404 of a missing resource.
    if (result === undefined) end(404, "404");
    else end(200, undefined);
    return result;
  } catch (error) {
    const status = error instanceof CallError ? error.responseStatus : 0;
    end(status, status > 0 ? String(status) : nameOf(error));
    throw error;
  }
}

function nameOf(error: unknown): string {
  if (error instanceof CallError) return error.code;
  return error instanceof Error ? error.name : "_OTHER";
}
