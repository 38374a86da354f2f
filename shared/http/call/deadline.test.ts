import { expect, test } from "bun:test";

import { createFakeClock, failureOf, failures, patient } from "../../../tests/support/calls.ts";
import { type Call, waiting } from "./call.ts";
import { deadline } from "./deadline.ts";

/** Waits for ever, but heeds the signal, as fetch does. */
const hang = ({ signal }: Call) => waiting<never>(signal, () => () => {});

test("a task in time is left alone, and its timer is cleared", async () => {
  const { clock, timers } = createFakeClock();
  const part = deadline({ timeoutMs: 100, failures, clock });
  expect(await part(async () => "done", patient())).toBe("done");
  expect(timers()).toBe(0);
});

test("a task that takes too long fails with the timeout", async () => {
  const { clock, pass, timers } = createFakeClock();
  const failing = failureOf(deadline({ timeoutMs: 100, failures, clock })(hang, patient()));
  await pass(99);
  expect(timers()).toBe(1);
  await pass(1);
  expect(await failing).toMatchObject({ status: 504, code: "it_is_late", way: "late" });
});

test("a task learns when its time is up", async () => {
  const { clock, pass } = createFakeClock();
  await pass(1_000);
  const part = deadline({ timeoutMs: 100, failures, clock });
  expect(await part(async ({ endsAt }) => endsAt, patient())).toBe(1_100);
});

test.each([
  [100, 800],
  [800, 100],
])("of %i ms outside and %i ms inside the smaller limit holds", async (outerMs, innerMs) => {
  const { clock, pass } = createFakeClock();
  const outer = deadline({ timeoutMs: outerMs, failures, clock });
  const inner = deadline({ timeoutMs: innerMs, failures, clock });
  let failed = false;
  const failing = failureOf(outer((call) => inner(hang, call), patient())).then((error) => {
    failed = true;
    return error;
  });
  await pass(99);
  expect(failed).toBe(false);
  await pass(1);
  expect(failed).toBe(true);
  expect((await failing).code).toBe("it_is_late");
});

test("a caller who leaves ends the task with his own reason", async () => {
  const { clock, timers } = createFakeClock();
  const controller = new AbortController();
  const part = deadline({ timeoutMs: 100, failures, clock });
  const failing = failureOf<Error>(part(hang, { signal: controller.signal, endsAt: Infinity }));
  const reason = new Error("I am off");
  controller.abort(reason);
  expect(await failing).toBe(reason);
  expect(timers()).toBe(0);
});

test("a caller who has left already is not worked for", async () => {
  const reason = new Error("I was off");
  const signal = AbortSignal.abort(reason);
  const part = deadline({ timeoutMs: 100, failures, clock: createFakeClock().clock });
  expect(await failureOf<Error>(part(hang, { signal, endsAt: Infinity }))).toBe(reason);
});
