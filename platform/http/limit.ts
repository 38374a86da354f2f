/** Rejects callers that exceed the rate limit. */
import type { Metrics } from "../process/metrics.ts";
import { type ClientAddressOptions, createAddressOf } from "./client-address.ts";
import { contextOf, isOperational } from "./context.ts";
import { ProblemError } from "./failure.ts";
import { tooManyRequests } from "./failures.ts";
import { createRateLimiter, type RateLimit, rateLimitHeaders } from "./rate-limit.ts";

export interface LimitOptions extends RateLimit, ClientAddressOptions {
  metrics: Metrics;
  /** Callers with one of these scopes are not counted. Default: none */
  uncounted?: readonly string[];
}

/**
 * Counts requests by the subject of a valid token, otherwise by address. Each response shows what
 * remains. Subjects and addresses are counted separately, so that many addresses cannot evict a
 * subject.
 */
export function createCounter({
  peerOf,
  trusted,
  metrics,
  uncounted = [],
  ...limit
}: LimitOptions) {
  const addressOf = createAddressOf({ peerOf, trusted });
  const subjects = createRateLimiter(limit);
  const addresses = createRateLimiter(limit);
  for (const [kind, { callers }] of Object.entries({ subject: subjects, address: addresses })) {
    metrics.gauge({
      name: "rate_limit_callers",
      help: "Callers with a rate-limit window, by kind",
      labels: { kind },
      read: callers,
    });
  }

  /** @throws ProblemError 429 */
  return (request: Request): void => {
    if (isOperational(request)) return;
    const context = contextOf(request);
    const caller = context.caller instanceof ProblemError ? undefined : context.caller;
    if (uncounted.some((scope) => caller?.scopes.has(scope))) return;
    const allowance = caller ? subjects.take(caller.subject) : addresses.take(addressOf(request));
    const headers = rateLimitHeaders(limit, allowance);
    context.headers = { ...context.headers, ...headers };
    if (!allowance.admitted) throw new ProblemError(tooManyRequests, { headers });
  };
}
