import { describe, expect, test } from "bun:test";

import { createFakeClock, failureOf, failures, settled } from "../testing/calls.ts";
import { createBreaker } from "./breaker.ts";
import { Call } from "./call.ts";
import { CallError } from "./error.ts";

const refused = new CallError(failures.unavailable, { kind: "unreachable" });

function fuse() {
  const { clock, pass } = createFakeClock();
  const changes: string[] = [];
  const outcomes: string[] = [];
  const breaker = createBreaker({
    failures,
    clock,
    events: {
      breakerChanged: (state) => void changes.push(state),
      attempted: (outcome) => void outcomes.push(outcome),
      refused: (by) => void outcomes.push(by),
    },
  });
  const succeed = () => breaker.run(async () => "done", new Call());
  const fail = (error: Error = refused) =>
    failureOf(breaker.run(() => Promise.reject(error), new Call()));
  /** An attempt that the test ends. */
  function begin() {
    const call = new Call();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const outcome = breaker.run(() => promise, call);
    /** Cancels the call, so that the attempt fails. */
    async function leave() {
      const reason = new Error("Off");
      call.end(reason);
      reject(reason);
      expect(await failureOf<Error>(outcome)).toBe(reason);
    }
    return { outcome, resolve, reject, leave };
  }
  return { breaker, pass, changes, outcomes, succeed, fail, begin };
}

async function repeat(times: number, what: () => Promise<unknown>) {
  for (let time = 0; time < times; time += 1) await what();
}

async function opened() {
  const it = fuse();
  await repeat(10, it.fail);
  return it;
}

/** The error of an open circuit breaker. */
const OPEN = { status: 503, code: "it_is_away", kind: "unsent" };

describe("The circuit breaker", () => {
  test("opens when five of ten attempts have failed", async () => {
    const { breaker, changes, succeed, fail } = fuse();
    await repeat(5, succeed);
    await repeat(4, fail);
    expect(breaker.isOpen()).toBe(false);
    await fail();
    expect(breaker.isOpen()).toBe(true);
    expect(changes).toEqual(["open"]);
  });

  test("does not open before ten attempts", async () => {
    const { breaker, fail } = fuse();
    await repeat(9, fail);
    expect(breaker.isOpen()).toBe(false);
    await fail();
    expect(breaker.isOpen()).toBe(true);
  });

  test("counts only the last twenty attempts", async () => {
    const { breaker, succeed, fail } = fuse();
    await repeat(100, succeed);
    await repeat(9, fail);
    expect(breaker.isOpen()).toBe(false);
    await fail();
    expect(breaker.isOpen()).toBe(true);
  });

  test.each<[string, CallError]>([
    ["a failed connection", refused],
    ["a timeout", new CallError(failures.timeout, { kind: "timeout" })],
    ["a 500", new CallError(failures.badResponse, { kind: "response", status: 500 })],
    ["a 503", new CallError(failures.unavailable, { kind: "response", status: 503 })],
  ])("counts %s as a failure", async (_what, error) => {
    const { breaker, fail } = fuse();
    await repeat(10, () => fail(error));
    expect(breaker.isOpen()).toBe(true);
  });
});

test.each<[string, Error]>([
  ["a 401", new CallError(failures.badResponse, { kind: "response", status: 401 })],
  ["a 429", new CallError(failures.unavailable, { kind: "response", status: 429 })],
  ["a response outside the contract", new CallError(failures.badResponse, { kind: "response" })],
])("The circuit breaker does not count %s as a failure", async (_what, error) => {
  const { breaker, fail } = fuse();
  await repeat(30, () => fail(error));
  expect(breaker.isOpen()).toBe(false);
});

test("The circuit breaker does not count a canceled call", async () => {
  const { breaker, outcomes, fail, begin } = fuse();
  await repeat(9, fail);
  await begin().leave();
  expect(breaker.isOpen()).toBe(false);
  expect(outcomes.at(-1)).toBe("left");
  await fail();
  expect(breaker.isOpen()).toBe(true);
});

describe("An open circuit breaker", () => {
  test("rejects attempts immediately, with Retry-After", async () => {
    const { breaker, outcomes, fail } = await opened();
    const error = await failureOf(
      breaker.run(() => Promise.reject(new Error("It was let through")), new Call()),
    );
    expect(error).toMatchObject(OPEN);
    expect(error.headers).toEqual({ "retry-after": "1" });
    expect(outcomes.at(-1)).toBe("breaker");
    expect(await fail()).toMatchObject(OPEN);
  });

  test("admits one attempt after 500 ms, and rejects others until it ends", async () => {
    const { pass, succeed, begin } = await opened();
    await pass(499);
    expect(await failureOf(succeed())).toMatchObject(OPEN);
    await pass(1);
    const probe = begin();
    expect(await failureOf(succeed())).toMatchObject(OPEN);
    await pass(5_000);
    expect(await failureOf(succeed())).toMatchObject(OPEN);
    probe.resolve("done");
    expect(await probe.outcome).toBe("done");
    expect(await succeed()).toBe("done");
  });

  test("closes after a successful probe, and forgets earlier failures", async () => {
    const { breaker, changes, pass, succeed, fail } = await opened();
    await pass(500);
    await succeed();
    expect(breaker.isOpen()).toBe(false);
    expect(changes).toEqual(["open", "closed"]);
    await repeat(9, fail);
    expect(breaker.isOpen()).toBe(false);
  });

  test.each([
    ["a 404", new CallError(failures.badResponse, { kind: "response", status: 404 })],
    ["a response outside the contract", new CallError(failures.badResponse, { kind: "response" })],
  ])("closes after a probe that gets %s, because the service responds", async (_what, error) => {
    const { breaker, pass, fail } = await opened();
    await pass(500);
    await fail(error);
    expect(breaker.isOpen()).toBe(false);
  });

  test("stays open after a failed probe, and admits the next 500 ms after its start", async () => {
    const { breaker, changes, pass, succeed, begin } = await opened();
    await pass(500);
    const probe = begin();
    await pass(200);
    probe.reject(refused);
    expect(await failureOf(probe.outcome)).toBe(refused);
    await pass(299);
    expect(await failureOf(succeed())).toMatchObject(OPEN);
    expect(changes).toEqual(["open"]);
    await pass(1);
    await succeed();
    expect(breaker.isOpen()).toBe(false);
  });

  test("stays open after a canceled probe, and admits the next one immediately", async () => {
    const { breaker, pass, succeed, begin } = await opened();
    await pass(500);
    await begin().leave();
    expect(breaker.isOpen()).toBe(true);
    await succeed();
    expect(breaker.isOpen()).toBe(false);
  });
});

describe("An attempt from before the circuit breaker last changed", () => {
  test("does not close it by success", async () => {
    const { breaker, fail, begin } = fuse();
    const slow = begin();
    await repeat(10, fail);
    slow.resolve("done");
    expect(await slow.outcome).toBe("done");
    expect(breaker.isOpen()).toBe(true);
  });

  test("does not open it by failure", async () => {
    const { breaker, pass, fail, succeed, begin } = fuse();
    const slow = Array.from({ length: 20 }, () => begin());
    await repeat(10, fail);
    await pass(500);
    await succeed();
    for (const { outcome, reject } of slow) {
      reject(refused);
      await failureOf(outcome);
    }
    await settled();
    expect(breaker.isOpen()).toBe(false);
  });
});
