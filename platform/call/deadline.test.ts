import { describe, expect, test } from "bun:test";

import { createFakeClock, failureOf, failures } from "../testing/calls.ts";
import { Call, type Task } from "./call.ts";
import { attempt, deadline } from "./deadline.ts";

/** Waits until the call ends. */
const wait: Task<void> = (call) => call.wait(() => () => {});

/** Never resolves, but rejects when the signal is aborted, as `fetch` does. */
function ask(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });
}

const LATE = { status: 504, code: "it_is_late", kind: "timeout" };

describe("The deadline of a call", () => {
  test("does not end a task that is in time, and clears its timer", async () => {
    const { clock, timers } = createFakeClock();
    const part = deadline({ timeoutMs: 100, failures, clock });
    expect(await part(async () => "done", new Call())).toBe("done");
    expect(timers()).toBe(0);
  });

  test("ends a task that takes too long", async () => {
    const { clock, pass, timers } = createFakeClock();
    const failing = failureOf(deadline({ timeoutMs: 100, failures, clock })(wait, new Call()));
    await pass(99);
    expect(timers()).toBe(1);
    await pass(1);
    expect(await failing).toMatchObject(LATE);
  });

  test("counts from when the caller began to wait", async () => {
    const { clock, pass } = createFakeClock();
    await pass(1_000);
    const call = new Call();
    call.beganAt = 960;
    const failing = failureOf(deadline({ timeoutMs: 100, failures, clock })(wait, call));
    await pass(60);
    expect(await failing).toMatchObject(LATE);
  });

  test("is passed to the inner parts", async () => {
    const { clock, pass } = createFakeClock();
    await pass(1_000);
    const part = deadline({ timeoutMs: 100, failures, clock });
    expect(await part(async ({ endsAt }) => endsAt, new Call())).toBe(1_100);
  });
});

describe("The deadline of an attempt", () => {
  test("does not end an attempt that is in time, and clears its timer", async () => {
    const { clock, timers } = createFakeClock();
    const once = attempt({ timeoutMs: 100, failures, clock });
    const call = new Call();
    let signal: AbortSignal | undefined;
    expect(await once(async (given) => ((signal = given), "done"), call)).toBe("done");
    expect(timers()).toBe(0);
    call.end(new Error("Off"));
    expect(signal?.aborted).toBe(false);
  });

  test("ends the attempt, but not the call", async () => {
    const { clock, pass } = createFakeClock();
    const call = new Call();
    const failing = failureOf(attempt({ timeoutMs: 100, failures, clock })(ask, call));
    await pass(100);
    expect(await failing).toMatchObject(LATE);
    expect(call.reason).toBeUndefined();
  });

  test.each([
    [100, 800],
    [800, 100],
  ])(
    "is the smaller limit of %i ms for the attempt and %i ms for the call",
    async (attemptMs, callMs) => {
      const { clock, pass } = createFakeClock();
      const whole = deadline({ timeoutMs: callMs, failures, clock });
      const once = attempt({ timeoutMs: attemptMs, failures, clock });
      const outcome = { is: "pending" };
      const failing = failureOf(whole((call) => once(ask, call), new Call()));
      const watched = failing.then(({ code }) => void (outcome.is = code));
      await pass(99);
      expect(outcome.is).toBe("pending");
      await pass(1);
      await watched;
      expect(outcome.is).toBe("it_is_late");
    },
  );
});

test("A canceled call ends its attempt with the reason of the call", async () => {
  const { clock, timers } = createFakeClock();
  const call = new Call();
  const failing = failureOf<Error>(attempt({ timeoutMs: 100, failures, clock })(ask, call));
  const reason = new Error("Off");
  call.end(reason);
  expect(await failing).toBe(reason);
  expect(timers()).toBe(0);
});

test("An attempt of a canceled call fails with the reason of the call", async () => {
  const call = new Call();
  const reason = new Error("Off");
  call.end(reason);
  const once = attempt({ timeoutMs: 100, failures, clock: createFakeClock().clock });
  expect(await failureOf<Error>(once(ask, call))).toBe(reason);
});
