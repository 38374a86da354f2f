/** Rejects callers that exceed the rate limit. */
import type { BlockList } from "node:net";

import type { Metrics } from "../process/metrics.ts";
import { addressKey, clientAddress } from "./client-address.ts";
import { contextOf, isOperational } from "./context.ts";
import { ProblemError } from "./failure.ts";
import { tooManyRequests } from "./failures.ts";
import { createRateLimiter, type RateLimit, rateLimitHeaders } from "./rate-limit.ts";

export interface LimitOptions extends RateLimit {
  /** Returns the address of the connection of a request; empty if it has none. */
  peerOf: (request: Request) => string;
  /** The proxies whose `X-Forwarded-For` is trusted. */
  trusted: BlockList;
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

  function addressOf(request: Request): string {
    const forwardedFor = request.headers.get("x-forwarded-for");
    return addressKey(clientAddress({ peer: peerOf(request), forwardedFor, trusted }));
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
