import { describe, expect, test } from "bun:test";

import { createFakeClock, failureOf, failures, settled } from "../../../tests/support/calls.ts";
import { createBreaker } from "./breaker.ts";
import { Call } from "./call.ts";
import { CallError } from "./error.ts";

const refused = new CallError(failures.unavailable, { way: "unreachable" });

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
  /** An attempt that ends when it is told to. */
  function begin() {
    const call = new Call();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const outcome = breaker.run(() => promise, call);
    /** Its caller leaves, and the attempt fails of that. */
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

/** What an open breaker says. */
const OPEN = { status: 503, code: "it_is_away", way: "unsent" };

describe("It opens", () => {
  test("when the tenth of ten attempts is the fifth that failed", async () => {
    const { breaker, changes, succeed, fail } = fuse();
    await repeat(5, succeed);
    await repeat(4, fail);
    expect(breaker.isOpen()).toBe(false);
    await fail();
    expect(breaker.isOpen()).toBe(true);
    expect(changes).toEqual(["open"]);
  });

  test("after ten attempts at the earliest", async () => {
    const { breaker, fail } = fuse();
    await repeat(9, fail);
    expect(breaker.isOpen()).toBe(false);
    await fail();
    expect(breaker.isOpen()).toBe(true);
  });

  test("by the last twenty attempts, whatever was before", async () => {
    const { breaker, succeed, fail } = fuse();
    await repeat(100, succeed);
    await repeat(9, fail);
    expect(breaker.isOpen()).toBe(false);
    await fail();
    expect(breaker.isOpen()).toBe(true);
  });

  test.each<[string, CallError]>([
    ["no connection", refused],
    ["a time-out", new CallError(failures.timeout, { way: "late" })],
    ["a 500", new CallError(failures.badAnswer, { way: "answered", status: 500 })],
    ["a 503", new CallError(failures.unavailable, { way: "answered", status: 503 })],
  ])("for %s", async (_what, error) => {
    const { breaker, fail } = fuse();
    await repeat(10, () => fail(error));
    expect(breaker.isOpen()).toBe(true);
  });
});

test.each<[string, Error]>([
  ["a 401", new CallError(failures.badAnswer, { way: "answered", status: 401 })],
  ["a 429", new CallError(failures.unavailable, { way: "answered", status: 429 })],
  ["an answer outside the contract", new CallError(failures.badAnswer, { way: "answered" })],
])("It stays closed for %s", async (_what, error) => {
  const { breaker, fail } = fuse();
  await repeat(30, () => fail(error));
  expect(breaker.isOpen()).toBe(false);
});

test("A caller who leaves is neither a fault nor a success", async () => {
  const { breaker, outcomes, fail, begin } = fuse();
  await repeat(9, fail);
  await begin().leave();
  expect(breaker.isOpen()).toBe(false);
  expect(outcomes.at(-1)).toBe("left");
  await fail();
  expect(breaker.isOpen()).toBe(true);
});

describe("While it is open", () => {
  test("attempts fail at once, and tell when to come again", async () => {
    const { breaker, outcomes, fail } = await opened();
    const error = await failureOf(
      breaker.run(() => Promise.reject(new Error("It was let through")), new Call()),
    );
    expect(error).toMatchObject(OPEN);
    expect(error.headers).toEqual({ "retry-after": "1" });
    expect(outcomes.at(-1)).toBe("breaker");
    expect(await fail()).toMatchObject(OPEN);
  });

  test("one attempt is let through after 500 ms, and nobody waits for it", async () => {
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

  test("a probe that succeeds closes it, and what was before is forgotten", async () => {
    const { breaker, changes, pass, succeed, fail } = await opened();
    await pass(500);
    await succeed();
    expect(breaker.isOpen()).toBe(false);
    expect(changes).toEqual(["open", "closed"]);
    await repeat(9, fail);
    expect(breaker.isOpen()).toBe(false);
  });

  test("a probe that is answered with a 404, or with nonsense, closes it: there is somebody", async () => {
    const { breaker, pass, fail } = await opened();
    await pass(500);
    await fail(new CallError(failures.badAnswer, { way: "answered", status: 404 }));
    expect(breaker.isOpen()).toBe(false);
  });

  test("a probe that fails changes nothing, and the next follows 500 ms after it began", async () => {
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

  test("a probe whose caller leaves tells nothing, and the next may follow at once", async () => {
    const { breaker, pass, succeed, begin } = await opened();
    await pass(500);
    await begin().leave();
    expect(breaker.isOpen()).toBe(true);
    await succeed();
    expect(breaker.isOpen()).toBe(false);
  });
});

describe("Of an attempt that began before the last change nothing is learned:", () => {
  test("its success closes nothing", async () => {
    const { breaker, fail, begin } = fuse();
    const slow = begin();
    await repeat(10, fail);
    slow.resolve("done");
    expect(await slow.outcome).toBe("done");
    expect(breaker.isOpen()).toBe(true);
  });

  test("its failures open nothing", async () => {
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
