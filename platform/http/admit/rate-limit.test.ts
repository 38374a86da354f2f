import { describe, expect, test } from "bun:test";

import * as fc from "fast-check";
import { isInnerList, type Item, parseList } from "structured-headers";

import { createRateLimiter, parseRateLimit, rateLimitHeaders } from "./rate-limit.ts";

const LIMIT = { requests: 3, windowSeconds: 10 };

/** A limiter with its own clock. */
function limiter(options: { callersMax?: number } = {}) {
  const clock = { ms: 0 };
  const { take, callers } = createRateLimiter({ ...LIMIT, ...options, now: () => clock.ms });
  return { clock, take, callers };
}

test("RATE_LIMIT sets the number of requests and the seconds of the window", () => {
  expect(parseRateLimit("100/60s")).toEqual({ requests: 100, windowSeconds: 60 });
});

describe("A rate limiter", () => {
  test("admits as many requests as the limit, and no more before the window ends", () => {
    const { clock, take } = limiter();
    expect(take("a")).toEqual({ admitted: true, remaining: 2, resetSeconds: 10 });
    clock.ms = 4_001;
    expect(take("a")).toEqual({ admitted: true, remaining: 1, resetSeconds: 6 });
    expect(take("a")).toEqual({ admitted: true, remaining: 0, resetSeconds: 6 });
    expect(take("a")).toEqual({ admitted: false, remaining: 0, resetSeconds: 6 });
    clock.ms = 9_999;
    expect(take("a")).toEqual({ admitted: false, remaining: 0, resetSeconds: 1 });
    clock.ms = 10_000;
    expect(take("a")).toEqual({ admitted: true, remaining: 2, resetSeconds: 10 });
  });

  test("returns a reset time within the window, even with a fractional clock", () => {
    const { take } = createRateLimiter({
      requests: 1,
      windowSeconds: 60,
      now: () => 55684.705538723145,
    });
    expect(take("a").resetSeconds).toBe(60);
  });

  test("gives each caller its own window", () => {
    const { clock, take } = limiter();
    for (let n = 0; n < 4; n += 1) take("a");
    clock.ms = 5_000;
    expect(take("b")).toEqual({ admitted: true, remaining: 2, resetSeconds: 10 });
    expect(take("a").admitted).toBe(false);
  });

  test("forgets windows that have ended", () => {
    const { clock, take, callers } = limiter();
    for (let n = 0; n < 100; n += 1) take(`early ${n}`);
    clock.ms = 5_000;
    take("late");
    clock.ms = 10_000;
    take("now");
    expect(callers()).toBe(2);
  });

  test("remembers at most callersMax callers, however many names are invented", () => {
    const { clock, take, callers } = limiter({ callersMax: 10 });
    for (let n = 0; n < 1_000; n += 1) {
      clock.ms += 1;
      take(`invented ${n}`);
      expect(callers()).toBeLessThanOrEqual(10);
    }
    expect(take("invented 999").remaining).toBe(1);
    expect(take("invented 0").remaining).toBe(2);
  });

  test("never admits more requests of one caller in a window than the limit", () => {
    const steps = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(4_000)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (requests) => {
        const { clock, take } = limiter();
        const admitted = new Map<string, number[]>();
        for (const [caller, waitMs] of requests) {
          clock.ms += waitMs;
          if (!take(caller).admitted) continue;
          const times = admitted.get(caller) ?? [];
          times.push(clock.ms);
          admitted.set(caller, times);
        }
        for (const times of admitted.values()) {
          let start = -Infinity;
          let count = 0;
          for (const at of times) {
            if (at >= start + 10_000) [start, count] = [at, 0];
            count += 1;
            expect(count).toBeLessThanOrEqual(LIMIT.requests);
          }
        }
      }),
    );
  });
});

describe("The RateLimit fields", () => {
  test("are structured fields with quota, window, remaining requests and reset time", () => {
    const headers = rateLimitHeaders(LIMIT, { admitted: true, remaining: 2, resetSeconds: 7 });
    expect(headers).toEqual({
      "ratelimit-policy": '"default";q=3;w=10',
      ratelimit: '"default";r=2;t=7',
    });
    expect(member(headers["ratelimit-policy"])).toEqual([
      "default",
      new Map([
        ["q", 3],
        ["w", 10],
      ]),
    ]);
    expect(member(headers["ratelimit"])).toEqual([
      "default",
      new Map([
        ["r", 2],
        ["t", 7],
      ]),
    ]);
  });

  test("include Retry-After when the request is rejected", () => {
    const headers = rateLimitHeaders(LIMIT, { admitted: false, remaining: 0, resetSeconds: 7 });
    expect(headers["retry-after"]).toBe("7");
  });
});

/** The only member of a list, read by an independent parser. */
function member(field: string | undefined): Item {
  const [one, ...others] = parseList(field ?? "");
  if (!one || isInnerList(one) || others.length > 0) throw new Error(`No list of one: ${field}`);
  return one;
}
