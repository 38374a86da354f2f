/** Refuses callers that ask too often. */
import type { BlockList } from "node:net";

import type { Metrics } from "../process/metrics.ts";
import { SERVICE_SCOPES } from "./auth/caller.ts";
import { addressKey, clientAddress } from "./client-address.ts";
import { contextOf, isOperational } from "./context.ts";
import { ProblemError } from "./failure.ts";
import { tooManyRequests } from "./failures.ts";
import { createRateLimiter, type RateLimit, rateLimitHeaders } from "./rate-limit.ts";

export interface LimitOptions extends RateLimit {
  /** Who opened the connection of this request; empty if that has no address. */
  peerOf: (request: Request) => string;
  /** The proxies whose `X-Forwarded-For` is believed. */
  trusted: BlockList;
  metrics: Metrics;
}

/**
 * Counts requests, by the subject of a good token or else by address; every response tells what is left.
 * Subjects and addresses are counted apart, so that many addresses make no subject be forgotten.
 */
export function createCounter({ peerOf, trusted, metrics, ...limit }: LimitOptions) {
  const subjects = createRateLimiter(limit);
  const addresses = createRateLimiter(limit);
  for (const [kind, { callers }] of Object.entries({ subject: subjects, address: addresses })) {
    metrics.gauge({
      name: "rate_limit_callers",
      help: "Callers that are counted, by what they are known by",
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
    if (SERVICE_SCOPES.some((scope) => caller?.scopes.has(scope))) return;
    const allowance = caller ? subjects.take(caller.subject) : addresses.take(addressOf(request));
    const headers = rateLimitHeaders(limit, allowance);
    context.headers = { ...context.headers, ...headers };
    if (!allowance.admitted) throw new ProblemError(tooManyRequests, { headers });
  };
}
