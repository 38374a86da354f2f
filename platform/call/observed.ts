/**
 * The metrics, log lines and spans of calls; spans by the stable conventions
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/).
 */
import type { Log } from "../process/log.ts";
import type { Metrics } from "../process/metrics.ts";
import { type TraceContext, traceHeaders } from "../process/trace/trace-context.ts";
import type { Tracer } from "../process/trace/tracer.ts";
import type { Breaker } from "./breaker.ts";
import type { Bulkhead } from "./bulkhead.ts";
import type { Cache } from "./cache.ts";
import type { CallEvents } from "./call.ts";
import { CallError } from "./error.ts";
import type { Budget } from "./retry.ts";

export interface Observers {
  metrics: Metrics;
  log: Log;
}

/** Returns event handlers that count, and that log changes of the circuit breaker. */
export function callEvents(service: string, { metrics, log }: Observers): CallEvents {
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
    attempted: attempt,
    retried: () => retry("granted"),
    retryRefused: () => retry("refused"),
    refused: refusal,
    lookedUp: lookUp,
    breakerChanged(state) {
      change(state);
      if (state === "open") log.warn("breaker opened", { callee: service });
      else log.info("breaker closed", { callee: service });
    },
  };
}

export interface ObservedParts {
  bulkhead: Bulkhead;
  breaker: Breaker;
  budget: Budget;
  cache: Cache;
}

/** Registers gauges for the parts of a call. */
export function registerGauges(
  service: string,
  metrics: Metrics,
  { bulkhead, breaker, budget, cache }: ObservedParts,
): void {
  const gauges: [name: string, help: string, read: () => number][] = [
    ["call_in_flight", "Calls in flight", bulkhead.running],
    ["call_waiting", "Queued calls", bulkhead.waiting],
    ["call_retry_tokens", "Retries left in the budget", budget.tokens],
    ["call_breaker_open", "1 while the circuit breaker is open", () => Number(breaker.isOpen())],
    ["call_cache_entries", "Cache entries", cache.entries],
  ];
  for (const [name, help, read] of gauges) {
    metrics.gauge({ name, help, labels: { callee: service }, read });
  }
}

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
