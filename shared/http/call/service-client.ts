/** The call of another service: what it passes on its way, composed in one place. */
import type { Static, TSchema } from "@sinclair/typebox";

import type { Asked } from "../../../services.ts";
import type { MaybePromise } from "../../process/and-then.ts";
import type { CallSettings } from "../../process/call-config.ts";
import { type Log, silent } from "../../process/log.ts";
import { createMetrics, type Metrics } from "../../process/metrics.ts";
import type { Tracer } from "../../process/trace/tracer.ts";
import { contextOf } from "../context.ts";
import { withClientSpan } from "../trace/http-spans.ts";
import { attempt } from "./attempt.ts";
import { createBreaker } from "./breaker.ts";
import { createBudget } from "./budget.ts";
import { createBulkhead } from "./bulkhead.ts";
import { createCache } from "./cache.ts";
import { Call, pipeline } from "./call.ts";
import { createClient, type Fetch } from "./client.ts";
import { type Clock, systemClock } from "./clock.ts";
import { deadline } from "./deadline.ts";
import { CallError, callFailures } from "./error.ts";
import { callEvents, showParts } from "./observed.ts";
import { createReader } from "./reader.ts";
import { retry } from "./retry.ts";

/** What a service is told of the call: by its configuration, and by tests. */
export interface CallOptions extends Omit<CallSettings, "tokenFile"> {
  /** How a request gets there. */
  fetch: Fetch;
  /** Gives the token that says who asks. Default: none is shown */
  token?: (() => MaybePromise<string>) | undefined;
  /** Default: nothing is written */
  log?: Log;
  /** Default: counted for nobody */
  metrics?: Metrics;
  /** Where the spans of attempts go. Default: nowhere */
  tracer?: Tracer | undefined;
  /** Default: the clock of the system */
  clock?: Clock;
  /** From 0 to 1, for the pauses between attempts. Default: `Math.random` */
  random?: () => number;
}

type Named = TSchema & { static: { id: string } };

/** What is asked for. */
interface Wanted<Schema extends Named> {
  /** The other service; its things are under `/NAME/{id}`. */
  service: Asked;
  /** What a thing looks like. Another one than was asked for is no answer. */
  schema: Schema;
}

/**
 * A client that asks another service for its things by their ids. Calls fail for whoever asked this
 * service: 503 with `Retry-After` if the other one cannot be reached or cannot answer now, 504 if it takes
 * too long, 502 if it answers anything outside the contract.
 */
export function createServiceClient<Schema extends Named>(
  { service, schema }: Wanted<Schema>,
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

  // What a call passes on its way, in this order: each protects what is behind it.
  const cache = createCache<Static<Schema>>({ ...parts, service, ttlMs: cacheTtlMs, staleMs });
  const whole = deadline({ ...parts, timeoutMs });
  const bulkhead = createBulkhead(parts);
  const budget = createBudget(parts);
  const again = retry({ ...parts, budget, random, mayFollow: () => !breaker.isOpen() });
  const breaker = createBreaker(parts);
  const once = attempt({ ...parts, timeoutMs: attemptTimeoutMs });
  const client = createClient({ service, baseUrl, failures, fetch });

  const through = pipeline(whole, bulkhead.run, again, breaker.run);
  showParts(service, metrics, { cache, bulkhead, budget, breaker });

  const read = createReader(schema);

  /** @throws CallError if there is no token: then nobody is asked */
  async function shown(token: () => MaybePromise<string>) {
    try {
      return { authorization: `Bearer ${await token()}` };
    } catch (cause) {
      throw new CallError(failures.unavailable, { way: "unsent", cause });
    }
  }

  function asking(id: string, request: Request) {
    const path = `/${service}/${encodeURIComponent(id)}`;
    const context = contextOf(request);
    let attempts = 0;

    const ask = async (signal: AbortSignal) => {
      const askedAt = clock.now();
      const own = token && (await shown(token));
      const get = (headers: Record<string, string>) =>
        client.get(path, signal, {
          read(body) {
            const thing = read(body);
            return thing?.id === id ? thing : undefined;
          },
          headers: { "x-request-id": context.id, ...own, ...headers },
        });
      if (!tracer) return { askedAt, value: await get({}) };
      const asked = { url: `${baseUrl}${path}`, parent: context.span?.context, resends: attempts };
      attempts += 1;
      return { askedAt, value: await withClientSpan(tracer, asked, get) };
    };
    return {
      signal: request.signal,
      ask: (call: Call) => through((call) => once(ask, call), call),
    };
  }

  return {
    /** What a route that asks may fail with. */
    failures: Object.values(failures),

    /** The thing: at once if known and not older than `cacheTtlMs`, or asked for. */
    byId: (id: string, request: Request) => cache.fresh(id) ?? cache.ask(id, asking(id, request)),

    /** As `byId`, but with a stale thing, which says so, rather than none while the service is away. */
    byIdOrStale: (id: string, request: Request) =>
      cache.fresh(id) ?? cache.askOrStale(id, asking(id, request)),

    /** Resolves if the service is up; rejects as the others do. */
    ping: () => once((signal) => client.ping("/health/live", signal), new Call()),
  };
}
