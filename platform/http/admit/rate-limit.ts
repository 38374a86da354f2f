/** Rate limits per caller, and the RateLimit header fields. */
import type { Metrics } from "../../process/metrics.ts";
import { contextOf, pathOf } from "../context.ts";
import { ProblemError } from "../failure.ts";
import { tooManyRequests } from "../failures.ts";
import { isOperational } from "../operational.ts";
import { type ClientAddressOptions, createAddressOf } from "./client-address.ts";

/** `RATE_LIMIT`: the number of requests per window. */
export interface RateLimit {
  requests: number;
  windowSeconds: number;
}

/** Parses a limit such as `100/60s`, which the configuration has validated. */
export function parseRateLimit(text: string): RateLimit {
  const [requests, windowSeconds] = text.split("/").map(Number.parseFloat);
  return { requests: requests ?? 0, windowSeconds: windowSeconds ?? 0 };
}

/**
 * The maximum number of callers that are counted at the same time, about 10 MB. Beyond that, the
 * oldest windows are dropped: an attacker with many names gains nothing over using new ones.
 */
const CALLERS_MAX = 50_000;

export interface RateLimiterOptions extends RateLimit {
  /** A monotonic clock, in milliseconds. Default: `performance.now` */
  now?: () => number;
  /** The maximum number of callers that are counted at the same time. Default: 50,000 */
  callersMax?: number;
}

/** What remains for a caller after a request. */
export interface Allowance {
  admitted: boolean;
  /** The requests left in the caller's window. */
  remaining: number;
  /** The time until the window ends, rounded up. */
  resetSeconds: number;
}

/** The window of one caller; starts with its first request. */
interface Window {
  count: number;
  endsAt: number;
}

/** Counts the requests of each caller in a window. Rejected requests are not counted. */
export function createRateLimiter({
  requests,
  windowSeconds,
  now = () => performance.now(),
  callersMax = CALLERS_MAX,
}: RateLimiterOptions) {
  // All windows have the same length and are appended when they start, so they are in order of
  // their end.
  const windows = new Map<string, Window>();

  function begin(caller: string, at: number): Window {
    for (const [name, { endsAt }] of windows) {
      if (endsAt > at && windows.size < callersMax) break;
      windows.delete(name);
    }
    const window = { count: 0, endsAt: at + windowSeconds * 1000 };
    windows.set(caller, window);
    return window;
  }

  return {
    /** Counts a request of this caller, or rejects it. */
    take(caller: string): Allowance {
      const at = now();
      let window = windows.get(caller);
      if (window && window.endsAt <= at) {
        windows.delete(caller);
        window = undefined;
      }
      window ??= begin(caller, at);
      const admitted = window.count < requests;
      if (admitted) window.count += 1;
      return {
        admitted,
        remaining: requests - window.count,
        // Rounds up to milliseconds first: with floating-point errors, 60 s could become 61.
        resetSeconds: Math.ceil(Math.floor(window.endsAt - at + 0.999) / 1000),
      };
    },
    /** The number of callers that are counted. */
    callers: () => windows.size,
  };
}

/**
 * Returns the headers of a limited route, with names in lower case
 * (draft-ietf-httpapi-ratelimit-headers-10). A rejected request also gets `Retry-After`, which is
 * not before the window ends.
 */
export function rateLimitHeaders(
  { requests, windowSeconds }: RateLimit,
  { admitted, remaining, resetSeconds }: Allowance,
): Record<string, string> {
  return {
    "ratelimit-policy": `"default";q=${requests};w=${windowSeconds}`,
    ratelimit: `"default";r=${remaining};t=${resetSeconds}`,
    ...(!admitted && { "retry-after": String(resetSeconds) }),
  };
}

export interface CounterOptions extends RateLimit, ClientAddressOptions {
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
}: CounterOptions) {
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
    if (isOperational(pathOf(request.url))) return;
    const context = contextOf(request);
    const caller = context.caller instanceof ProblemError ? undefined : context.caller;
    if (uncounted.some((scope) => caller?.scopes.has(scope))) return;
    const allowance = caller ? subjects.take(caller.subject) : addresses.take(addressOf(request));
    const headers = rateLimitHeaders(limit, allowance);
    context.headers = { ...context.headers, ...headers };
    if (!allowance.admitted) throw new ProblemError(tooManyRequests, { headers });
  };
}
