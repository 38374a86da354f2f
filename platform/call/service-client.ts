/** The client of another service, composed of the parts of a call. */
import type { Static, TSchema } from "@sinclair/typebox";

import { contextOf } from "../http/context.ts";
import type { MaybePromise } from "../process/and-then.ts";
import type { CallSettings } from "../process/call-variables.ts";
import { type Clock, systemClock } from "../process/clock.ts";
import { type Log, silent } from "../process/log.ts";
import { createMetrics, type Metrics } from "../process/metrics.ts";
import type { Tracer } from "../process/trace/tracer.ts";
import { createBreaker } from "./breaker.ts";
import { createBulkhead } from "./bulkhead.ts";
import { createCache } from "./cache.ts";
import { Call, pipeline } from "./call.ts";
import { createClient, createReader, type Fetch } from "./client.ts";
import { attempt, deadline } from "./deadline.ts";
import { CallError, callFailures } from "./error.ts";
import { callEvents, withClientSpan } from "./observed.ts";
import { createBudget, retry } from "./retry.ts";

/** Options from the configuration, and from tests. */
export interface CallOptions extends Omit<CallSettings, "tokenFile"> {
  /** Sends a request. */
  fetch: Fetch;
  /** Returns the token to send. Default: none is sent */
  token?: (() => MaybePromise<string>) | undefined;
  /** Default: no log */
  log?: Log;
  /** Default: not counted */
  metrics?: Metrics;
  /** Where the spans of attempts go. Default: nowhere */
  tracer?: Tracer | undefined;
  /** Default: the system clock */
  clock?: Clock;
  /** From 0 to 1, for the pauses between attempts. Default: `Math.random` */
  random?: () => number;
}

type Named = TSchema & { static: { id: string } };

/** The resources to get. */
interface ResourceOptions<Name extends string, Schema extends Named> {
  /** The other service; its resources are at `/NAME/{id}`. */
  service: Name;
  /** The schema of a resource. */
  schema: Schema;
}

/**
 * Creates a client that gets resources of another service by id. Failed calls become the failure of
 * the client's request: 503 with `Retry-After` if the service cannot be reached or cannot respond
 * now, 504 if it takes too long, 502 if its response violates the contract.
 */
export function createServiceClient<const Name extends string, Schema extends Named>(
  { service, schema }: ResourceOptions<Name, Schema>,
  {
    baseUrl,
    timeoutMs,
    attemptTimeoutMs,
    cacheTtlMs,
    staleMs,
    fetch,
    token,
    log = silent,
    metrics = createMetrics(),
    tracer,
    clock = systemClock,
    random = Math.random,
  }: CallOptions,
) {
  const failures = callFailures(service);
  const events = callEvents(service, { metrics, log });
  const parts = { failures, clock, events };

  // In the order of a call: each part protects the ones after it.
  const cache = createCache<Static<Schema>>({ ...parts, service, ttlMs: cacheTtlMs, staleMs });
  const callDeadline = deadline({ ...parts, timeoutMs });
  const bulkhead = createBulkhead(parts);
  const budget = createBudget(parts);
  const retries = retry({ ...parts, budget, random, mayFollow: () => !breaker.isOpen() });
  const breaker = createBreaker(parts);
  const oneAttempt = attempt({ ...parts, timeoutMs: attemptTimeoutMs });
  const client = createClient({ service, baseUrl, failures, fetch, clock });

  const run = pipeline(callDeadline, bulkhead.run, retries, breaker.run);
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

  const read = createReader(schema);

  /** @throws CallError if there is no token: then nothing is sent */
  async function authorization(token: () => MaybePromise<string>) {
    try {
      return { authorization: `Bearer ${await token()}` };
    } catch (cause) {
      throw new CallError(failures.unavailable, { kind: "unsent", cause });
    }
  }

  function loaderOf(id: string, request: Request) {
    const path = `/${service}/${encodeURIComponent(id)}`;
    const context = contextOf(request);
    let attempts = 0;

    const send = async (signal: AbortSignal) => {
      const requestedAt = clock.now();
      const tokenHeader = token && (await authorization(token));
      const get = (headers: Record<string, string>) =>
        client.get(path, signal, {
          read(body) {
            const resource = read(body);
            return resource?.id === id ? resource : undefined;
          },
          headers: { "x-request-id": context.id, ...tokenHeader, ...headers },
        });
      if (!tracer) return { requestedAt, value: await get({}) };
      const spanOptions = {
        url: `${baseUrl}${path}`,
        parent: context.span?.context,
        resends: attempts,
      };
      attempts += 1;
      return { requestedAt, value: await withClientSpan(tracer, spanOptions, get) };
    };
    return {
      signal: request.signal,
      load: (call: Call) => run((call) => oneAttempt(send, call), call),
    };
  }

  return {
    /** The failures that a route with such a call must declare. */
    failures: Object.values(failures),

    /** Returns the cached resource if it is younger than `cacheTtlMs`; otherwise gets it. */
    byId: (id: string, request: Request) =>
      cache.fresh(id) ?? cache.load(id, loaderOf(id, request)),

    /**
     * Like `byId`, but returns a stale resource, marked as such, while the service is unavailable.
     */
    byIdOrStale: (id: string, request: Request) =>
      cache.fresh(id) ?? cache.loadOrStale(id, loaderOf(id, request)),

    /** Resolves if the service is up; fails like the other calls. */
    ping: () => oneAttempt((signal) => client.ping("/health/live", signal), new Call()),
  };
}
