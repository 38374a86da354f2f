/** The order-to-user call. */
import { attempt } from "../shared/http/call/attempt.ts";
import { createBreaker } from "../shared/http/call/breaker.ts";
import { createBudget } from "../shared/http/call/budget.ts";
import { createBulkhead } from "../shared/http/call/bulkhead.ts";
import { createCache } from "../shared/http/call/cache.ts";
import { Call, pipeline } from "../shared/http/call/call.ts";
import { createClient, type Fetch } from "../shared/http/call/client.ts";
import { type Clock, systemClock } from "../shared/http/call/clock.ts";
import { deadline } from "../shared/http/call/deadline.ts";
import { callEvents, showParts } from "../shared/http/call/observed.ts";
import { createReader } from "../shared/http/call/reader.ts";
import { retry } from "../shared/http/call/retry.ts";
import { contextOf } from "../shared/http/context.ts";
import { createMetrics, type Metrics } from "../shared/http/metrics.ts";
import type { CallSettings } from "../shared/process/call-config.ts";
import { type Log, silent } from "../shared/process/log.ts";
import { User } from "../shared/types.ts";
import { usersBadAnswer, usersTimeout, usersUnavailable } from "./failures.ts";

export interface UsersClientOptions extends CallSettings {
  /** How a request gets there. */
  fetch: Fetch;
  /** Default: nothing is written */
  log?: Log;
  /** Default: counted for nobody */
  metrics?: Metrics;
  /** Default: the clock of the system */
  clock?: Clock;
  /** From 0 to 1, for the pauses between attempts. Default: `Math.random` */
  random?: () => number;
}

const failures = {
  unavailable: usersUnavailable,
  timeout: usersTimeout,
  badAnswer: usersBadAnswer,
};

/**
 * A client of the `users` service. Its calls fail for whoever asked `orders`: 503 with `Retry-After` if
 * `users` cannot be reached or cannot answer now, 504 if it takes too long, 502 if it answers anything
 * outside the contract.
 */
export function createUsersClient({
  baseUrl,
  timeoutMs,
  attemptTimeoutMs,
  cacheTtlMs,
  staleMs,
  fetch,
  log = silent,
  metrics = createMetrics(),
  clock = systemClock,
  random = Math.random,
}: UsersClientOptions) {
  const service = "users";
  const events = callEvents(service, { metrics, log });
  const parts = { failures, clock, events };

  // What a call passes on its way, in this order: each protects what is behind it.
  const cache = createCache<User>({ ...parts, service, ttlMs: cacheTtlMs, staleMs });
  const whole = deadline({ ...parts, timeoutMs });
  const bulkhead = createBulkhead(parts);
  const budget = createBudget(parts);
  const again = retry({ ...parts, budget, random, mayFollow: () => !breaker.isOpen() });
  const breaker = createBreaker(parts);
  const once = attempt({ ...parts, timeoutMs: attemptTimeoutMs });
  const client = createClient({ service, baseUrl, failures, fetch });

  const through = pipeline(whole, bulkhead.run, again, breaker.run);
  showParts(service, metrics, { cache, bulkhead, budget, breaker });

  function asking(id: string, request: Request) {
    const path = `/users/${encodeURIComponent(id)}`;
    const options = { read: readerOf(id), headers: { "x-request-id": contextOf(request).id } };
    const ask = async (signal: AbortSignal) => ({
      askedAt: clock.now(),
      value: await client.get(path, signal, options),
    });
    return {
      signal: request.signal,
      ask: (call: Call) => through((call) => once(ask, call), call),
    };
  }

  return {
    /** The user: at once if known and not older than `cacheTtlMs`, or asked for. */
    byId: (id: string, request: Request) => cache.fresh(id) ?? cache.ask(id, asking(id, request)),

    /** As `byId`, but with a stale user, who says so, rather than none while `users` is away. */
    byIdOrStale: (id: string, request: Request) =>
      cache.fresh(id) ?? cache.askOrStale(id, asking(id, request)),

    /** Resolves if `users` is up; rejects as the others do. */
    ping: () => once((signal) => client.ping("/health/live", signal), new Call()),
  };
}
export type UsersClient = ReturnType<typeof createUsersClient>;

const readUser = createReader(User);

/** Reads the user who was asked for: another one is no answer. */
function readerOf(id: string) {
  return (body: unknown) => {
    const user = readUser(body);
    return user?.id === id ? user : undefined;
  };
}
