import { describe, expect, test } from "bun:test";

import { createFakeClock, failureOf, failures, settled } from "../testing/calls.ts";
import { createCache } from "./cache.ts";
import { CallError } from "./error.ts";

const away = new CallError(failures.unavailable, { kind: "unreachable" });

const first = async (): Promise<string | undefined> => "first";

/** A cache in front of a service whose responses the test sets. */
function library({ ttlMs = 1_000, staleMs = 60_000, entriesMax = 10_000 } = {}) {
  const { clock, pass } = createFakeClock();
  const found: string[] = [];
  const events = { lookedUp: (what: string) => void found.push(what) };
  const cache = createCache<string>({ service: "it", ttlMs, staleMs, entriesMax, clock, events });
  let answer = first;
  const signal = new AbortController().signal;
  const ask = async () => {
    const requestedAt = clock.now();
    return { value: await answer(), requestedAt };
  };
  return {
    cache,
    pass,
    found,
    fresh: (key = "1") => cache.fresh(key)?.value,
    ask: (key = "1") => cache.load(key, { signal, load: ask }),
    askOrStale: (key = "1") => cache.loadOrStale(key, { signal, load: ask }),
    answers: (next: typeof answer) => void (answer = next),
  };
}

test("A cached value is fresh, and returned without a promise, until its TTL ends", async () => {
  const { pass, fresh, ask } = library();
  expect(fresh()).toBeUndefined();
  expect(await ask()).toEqual({ value: "first" });
  expect(fresh()).toBe("first");
  await pass(999);
  expect(fresh()).toBe("first");
  await pass(1);
  expect(fresh()).toBeUndefined();
});

test("The age of a cached value starts with its request", async () => {
  const { pass, fresh, ask, answers } = library();
  const slow = Promise.withResolvers<string>();
  answers(() => slow.promise);
  const asked = ask();
  await pass(600);
  slow.resolve("slow");
  await asked;
  await pass(399);
  expect(fresh()).toBe("slow");
  await pass(1);
  expect(fresh()).toBeUndefined();
});

test("With a TTL of 0 nothing is fresh, but concurrent lookups share one request", async () => {
  const { fresh, ask, found } = library({ ttlMs: 0 });
  const answers = await Promise.all([ask(), ask(), ask("2")]);
  expect(answers.map(({ value }) => value)).toEqual(["first", "first", "first"]);
  expect(found).toEqual(["nothing", "flight", "nothing"]);
  expect(fresh()).toBeUndefined();
});

/** A cache in front of a service whose responses the test sends, one for each request. */
function slowLibrary(options: { ttlMs: number }) {
  const { answers, pass, ask } = library(options);
  const sent: ((answer: string | undefined) => void)[] = [];
  answers(() => new Promise((resolve) => void sent.push(resolve)));
  return { pass, ask, sent };
}

describe("A lookup that joins a request sent earlier", () => {
  test.each([
    ["is older than the TTL", { ttlMs: 100 }, "deleted since"],
    ["is older than a TTL of 0", { ttlMs: 0 }, "deleted since"],
    ["found nothing", { ttlMs: 1_000 }, undefined],
  ])("asks again if that %s", async (_what, options, old) => {
    const { pass, ask, sent } = slowLibrary(options);
    const first = ask();
    await pass(100);
    const joined = [ask(), ask()];
    sent[0]?.(old);
    expect(await first).toEqual({ value: old });
    await pass(0);
    // Both share the second request.
    expect(sent).toHaveLength(2);
    sent[1]?.("new");
    expect(await Promise.all(joined)).toEqual([{ value: "new" }, { value: "new" }]);
  });

  test("takes its answer within the TTL", async () => {
    const { pass, ask, sent } = slowLibrary({ ttlMs: 101 });
    const first = ask();
    await pass(100);
    const joined = ask();
    sent[0]?.("user");
    expect(await Promise.all([first, joined])).toEqual([{ value: "user" }, { value: "user" }]);
    expect(sent).toHaveLength(1);
  });
});

test("A missing value is never cached, and removes the cached one", async () => {
  const { cache, pass, fresh, ask, askOrStale, answers } = library();
  answers(async () => undefined);
  expect(await ask()).toEqual({ value: undefined });
  expect(cache.entries()).toBe(0);
  answers(async () => "created");
  expect((await ask()).value).toBe("created");
  await pass(1_000);
  answers(async () => undefined);
  await ask();
  answers(() => Promise.reject(away));
  expect(fresh()).toBeUndefined();
  expect(await failureOf(askOrStale())).toBe(away);
});

test("A full cache evicts the entry that was stored first", async () => {
  const { cache, fresh, ask } = library({ entriesMax: 2 });
  for (const key of ["1", "2", "1", "3"]) await ask(key);
  expect(cache.entries()).toBe(2);
  expect([fresh("1"), fresh("2"), fresh("3")]).toEqual(["first", undefined, "first"]);
});

describe("The cache of an unavailable service", () => {
  test("returns a stale value, and how long it has been stale", async () => {
    const { pass, ask, askOrStale, answers, found } = library();
    await ask();
    answers(() => Promise.reject(away));
    await pass(1_000);
    expect(await askOrStale()).toEqual({
      value: "first",
      cacheStatus: "it; hit; ttl=0; detail=stale",
    });
    await pass(12_345);
    expect((await askOrStale()).cacheStatus).toBe("it; hit; ttl=-13; detail=stale");
    expect(found.slice(1)).toEqual(["nothing", "stale", "nothing", "stale"]);
  });

  test("returns no value that is too old or was never cached", async () => {
    const { pass, ask, askOrStale, answers } = library();
    await ask();
    answers(() => Promise.reject(away));
    await pass(60_000);
    expect(await failureOf(askOrStale())).toBe(away);
    expect(await failureOf(askOrStale("2"))).toBe(away);
  });

  test("returns a stale value only to lookups that allow it", async () => {
    const { pass, ask, askOrStale, answers } = library();
    await ask();
    await pass(5_000);
    answers(() => Promise.reject(away));
    const shownFirst = await Promise.allSettled([askOrStale(), ask()]);
    const decidedFirst = await Promise.allSettled([ask(), askOrStale()]);
    expect(shownFirst.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(decidedFirst.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  });

  test("replaces a stale value with a new one, and does not renew it by returning it", async () => {
    const { pass, ask, askOrStale, answers, fresh } = library();
    await ask();
    await pass(2_000);
    answers(() => Promise.reject(away));
    await askOrStale();
    expect(fresh()).toBeUndefined();
    answers(async () => "second");
    expect(await askOrStale()).toEqual({ value: "second" });
  });
});

test.each<[string, Error]>([
  ["a response outside the contract", new CallError(failures.badResponse, { kind: "response" })],
  ["a 401", new CallError(failures.badResponse, { kind: "response", status: 401 })],
  ["a cancellation", new DOMException("Off", "AbortError")],
])("After %s no stale value is returned", async (_what, error) => {
  const { pass, ask, askOrStale, answers } = library();
  await ask();
  await pass(2_000);
  answers(() => Promise.reject(error));
  expect(await failureOf<Error>(askOrStale())).toBe(error);
});

/** Returns how many of five lookups that waited for one call have continued after each turn. */
async function continued(fail: boolean): Promise<number[]> {
  const { ask, askOrStale, answers } = library({ ttlMs: 0 });
  await ask();
  const answer = Promise.withResolvers<string>();
  answers(() => answer.promise);
  const done: number[] = [];
  for (let n = 0; n < 5; n += 1) void askOrStale().then(() => done.push(n));
  if (fail) answer.reject(away);
  else answer.resolve("late");
  const counts: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    await settled();
    counts.push(done.length);
  }
  return counts;
}

describe("Lookups that waited for the same call", () => {
  test("continue one in each turn of the event loop, after the one that called", async () => {
    expect(await continued(false)).toEqual([2, 3, 4, 5]);
  });

  test("continue one in each turn with a stale value, too", async () => {
    expect(await continued(true)).toEqual([2, 3, 4, 5]);
  });
});
