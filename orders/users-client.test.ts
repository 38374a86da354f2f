/** The whole call with a fake clock. tests/pair/verify/call-faults.ts tests it with real sockets. */
import { describe, expect, test } from "bun:test";

import { createFakeClock, createMetrics, failureOf, settled } from "../platform/testing.ts";
import { ALICE, createUsersClient, usersSettings } from "../tests/pair/support/users-call.ts";

type Respond = (id: string, signal: AbortSignal) => Response | Promise<Response>;

const user = (id: string) => Response.json({ ...ALICE, id });

/** Never responds, but rejects when the signal aborts, as `fetch` does. */
const hang: Respond = (_id, signal) =>
  new Promise((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error)),
  );
const refuse: Respond = () => Promise.reject(new TypeError("Unable to connect"));

/** A client with the service's defaults, and a `users` whose response each test sets. */
function open(environment: Record<string, string> = {}, token?: () => string) {
  const { clock, pass } = createFakeClock();
  const metrics = createMetrics();
  /** The time of each attempt. */
  const attempts: number[] = [];
  /** The `Authorization` header of each attempt. */
  const shown: (string | null)[] = [];
  let respond: Respond = user;
  const client = createUsersClient({
    ...usersSettings(environment),
    clock,
    metrics,
    token,
    // Gives the longest delays between attempts.
    random: () => 1,
    fetch(url, { headers, signal }) {
      attempts.push(clock.now());
      shown.push(new Headers(headers).get("authorization"));
      return respond(new URL(url).pathname.slice("/users/".length), signal as AbortSignal);
    },
  });
  return {
    pass,
    attempts,
    shown,
    responds: (next: Respond) => void (respond = next),
    byId: async (id: string, signal?: AbortSignal) => client.byId(id, request(signal)),
    byIdOrStale: async (id: string) => client.byIdOrStale(id, request()),
    /** Returns a cached user without a promise. */
    atOnce: (id: string) => client.byId(id, request()),
    metric(series: string): number {
      const [, value] = metrics.text().split(`\n${series} `);
      return Number.parseFloat(value ?? "NaN");
    },
    /** Opens the circuit breaker. */
    async fail() {
      respond = refuse;
      for (let call = 0; call < 10; call += 1) {
        const failing = failureOf(client.byId(`f${call}`, request()) as Promise<unknown>);
        await pass(300);
        await failing;
      }
      attempts.length = 0;
    },
  };
}

function request(signal?: AbortSignal): Request {
  return new Request("http://localhost", signal ? { signal } : {});
}

/** The state of a promise, without waiting for it. */
function watch(promise: Promise<unknown>) {
  const seen = { is: "pending" as string };
  promise.then(
    () => (seen.is = "done"),
    (error) => (seen.is = error.code),
  );
  return seen;
}

describe("A call to a hanging users service", () => {
  test("makes three attempts and times out after 2,000 ms", async () => {
    const { pass, attempts, responds, byId } = open();
    responds(hang);
    const call = watch(byId("1"));
    await pass(1_999);
    expect(call.is).toBe("pending");
    await pass(1);
    expect(call.is).toBe("users_timeout");
    expect(attempts).toEqual([0, 900, 1_900]);
  });

  test("is rejected immediately if 64 calls are in flight and 64 are waiting", async () => {
    const { pass, attempts, responds, byId, metric } = open();
    responds(hang);
    const calls = Array.from({ length: 400 }, (_, index) => watch(byId(`u${index}`)));
    await settled();
    expect(attempts).toHaveLength(64);
    expect(calls.filter(({ is }) => is === "pending")).toHaveLength(128);
    expect(calls.filter(({ is }) => is === "users_unavailable")).toHaveLength(272);
    expect(metric('call_in_flight{callee="users"}')).toBe(64);
    expect(metric('call_waiting{callee="users"}')).toBe(64);
    expect(metric('call_refused_total{callee="users",by="bulkhead"}')).toBe(272);
    await pass(2_000);
    expect(calls.filter(({ is }) => is === "pending")).toHaveLength(0);
    expect(metric('call_in_flight{callee="users"}')).toBe(0);
  });
});

describe("A retry", () => {
  test("recovers from a single failed attempt", async () => {
    const { pass, attempts, responds, byId, metric } = open();
    responds((id, signal) => (attempts.length === 1 ? refuse(id, signal) : user(id)));
    const call = byId("1");
    await pass(100);
    expect((await call).value?.id).toBe("1");
    expect(attempts).toEqual([0, 100]);
    expect(metric('call_retries_total{callee="users",budget="granted"}')).toBe(1);
    expect(metric('call_attempts_total{callee="users",outcome="failed"}')).toBe(1);
    expect(metric('call_attempts_total{callee="users",outcome="answered"}')).toBe(1);
  });

  test("never happens while the circuit breaker is open, until a probe closes it", async () => {
    const { pass, attempts, responds, fail, byId, metric } = open();
    await fail();
    expect((await failureOf(byId("1"))).code).toBe("users_unavailable");
    expect(attempts).toEqual([]);
    expect(metric('call_breaker_open{callee="users"}')).toBe(1);
    responds(user);
    await pass(500);
    expect((await byId("1")).value?.id).toBe("1");
    expect(metric('call_breaker_open{callee="users"}')).toBe(0);
    expect(metric('call_breaker_changes_total{callee="users",to="closed"}')).toBe(1);
  });
});

describe("A cached user", () => {
  test("is returned without a promise for one second, then requested again", async () => {
    const { pass, attempts, byId, atOnce, metric } = open();
    await byId("1");
    expect(atOnce("1")).toMatchObject({ value: { id: "1" } });
    expect(metric('call_cache_lookups_total{callee="users",found="fresh"}')).toBe(1);
    await pass(1_000);
    const asked = atOnce("1");
    expect(asked).toBeInstanceOf(Promise);
    await asked;
    expect(attempts).toEqual([0, 1_000]);
  });

  test("is returned by byIdOrStale, but not by byId, for one minute of an outage", async () => {
    const { pass, byId, byIdOrStale, fail, metric } = open();
    await byId("1");
    await pass(1_000);
    await fail();
    const { value, cacheStatus } = await byIdOrStale("1");
    expect(value?.id).toBe("1");
    expect(cacheStatus).toMatch(/^users; hit; ttl=-\d+; detail=stale$/);
    expect(metric('call_cache_lookups_total{callee="users",found="stale"}')).toBe(1);
    expect((await failureOf(byId("1"))).code).toBe("users_unavailable");
    await pass(60_000);
    expect((await failureOf(byIdOrStale("1"))).code).toBe("users_unavailable");
  });
});

describe("The client's token", () => {
  test("is read again for each attempt", async () => {
    let tokens = 0;
    const { pass, responds, shown, byId } = open({}, () => `t${(tokens += 1)}`);
    responds((id, signal) => (shown.length === 1 ? refuse(id, signal) : user(id)));
    const call = byId("1");
    await pass(100);
    await call;
    expect(shown).toEqual(["Bearer t1", "Bearer t2"]);
  });

  test("prevents every request if it cannot be read, so only byIdOrStale returns a user", async () => {
    let isThere = true;
    const { pass, attempts, byId, byIdOrStale } = open({}, () => {
      if (!isThere) throw new Error("no such file");
      return "t";
    });
    await byId("1");
    isThere = false;
    await pass(1_000);
    expect((await byIdOrStale("1")).value?.id).toBe("1");
    expect((await failureOf(byId("1"))).code).toBe("users_unavailable");
    expect(attempts).toEqual([0]);
  });
});
