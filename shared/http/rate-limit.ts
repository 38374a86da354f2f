/** How many requests a caller may send in a time, told as the RateLimit fields tell it. */

/** `RATE_LIMIT`: so many requests in so many seconds. */
export interface RateLimit {
  requests: number;
  windowSeconds: number;
}

/** The limit that `100/60s` says, as the configuration has checked it. */
export function parseRateLimit(text: string): RateLimit {
  const [requests, windowSeconds] = text.split("/").map(Number.parseFloat);
  return { requests: requests ?? 0, windowSeconds: windowSeconds ?? 0 };
}

/**
 * How many callers are counted at once, some 10 MB. Whoever comes with more names than that makes the
 * windows that began first be forgotten, which gives no name more than it had by being new.
 */
const CALLERS_MAX = 50_000;

export interface RateLimiterOptions extends RateLimit {
  /** Milliseconds that never go back. Default: `performance.now` */
  now?: () => number;
  /** How many callers are counted at once. Default: 50,000 */
  callersMax?: number;
}

/** What is left to a caller after a request. */
export interface Allowance {
  admitted: boolean;
  /** Requests that are left in the window of this caller. */
  remaining: number;
  /** When the window ends and all are there again, rounded up. */
  resetSeconds: number;
}

/** A window of one caller: it begins with the first request in it. */
interface Window {
  count: number;
  endsAt: number;
}

/** Counts requests, a caller a window; what is refused counts for nothing. */
export function createRateLimiter({
  requests,
  windowSeconds,
  now = () => performance.now(),
  callersMax = CALLERS_MAX,
}: RateLimiterOptions) {
  // All windows are equally long and each is put at the end when it begins: those that end first are first.
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
    /** Counts a request of this caller, or refuses it. */
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
        // Whole milliseconds, up: the sum and the difference of two times are rounded, and 60 s would be 61.
        resetSeconds: Math.ceil(Math.floor(window.endsAt - at + 0.999) / 1000),
      };
    },
    /** How many callers are remembered. */
    callers: () => windows.size,
  };
}
export type RateLimiter = ReturnType<typeof createRateLimiter>;

/**
 * The headers of a limited route, by their names in lower case (draft-ietf-httpapi-ratelimit-headers-10).
 * Of a refusal, `Retry-After` is not before the window ends.
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
