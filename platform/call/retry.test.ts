import { expect, test } from "bun:test";

import { drawSeed } from "../../tests/support/seed.ts";
import { randomFrom } from "../database/seed.ts";
import { createFakeClock, failureOf, failures, settled } from "../testing/calls.ts";
import { Call } from "./call.ts";
import { CallError } from "./error.ts";
import { createBudget, retry, type RetryOptions } from "./retry.ts";

const refused = new CallError(failures.unavailable, { kind: "unreachable" });

function answered(status: number, retryAfterMs = 0) {
  return new CallError(failures.unavailable, { kind: "response", status, retryAfterMs });
}

/** A task that fails with each of these in turn and repeats the last; `undefined` succeeds. */
function tasks(...failures: (CallError | undefined)[]) {
  const { clock, pass } = createFakeClock();
  const budget = createBudget({ clock });
  const attempts: number[] = [];
  const events: string[] = [];
  const task = async () => {
    const failure = failures[Math.min(attempts.length, failures.length - 1)];
    attempts.push(clock.now());
    if (failure) throw failure;
    return "done";
  };
  function run(options: Partial<RetryOptions> = {}, call = new Call()) {
    call.endsAt = Math.min(call.endsAt, 2_000);
    const part = retry({
      budget,
      clock,
      random: () => 1,
      events: { retried: () => events.push("retried"), retryRefused: () => events.push("refused") },
      ...options,
    });
    return part(task, call);
  }
  return { run, pass, attempts, events, budget };
}

test("A task that succeeds runs once", async () => {
  const { run, attempts, events } = tasks(undefined);
  expect(await run()).toBe("done");
  expect(attempts).toEqual([0]);
  expect(events).toEqual([]);
});

test.each([
  ["a failed connection", refused],
  ["a timeout", new CallError(failures.timeout, { kind: "timeout" })],
  ["a 502", answered(502)],
  ["a 503", answered(503)],
  ["a 504", answered(504)],
])("A task is retried after %s", async (_what, failure) => {
  const { run, pass, attempts, events } = tasks(failure, undefined);
  const done = run();
  await pass(100);
  expect(await done).toBe("done");
  expect(attempts).toEqual([0, 100]);
  expect(events).toEqual(["retried"]);
});

test.each<[string, Error]>([
  ["a 500", new CallError(failures.badResponse, { kind: "response", status: 500 })],
  ["a 429", answered(429)],
  ["a response outside the contract", new CallError(failures.badResponse, { kind: "response" })],
  ["an open breaker", new CallError(failures.unavailable, { kind: "unsent" })],
  ["an error of the program", new TypeError("It is not a function")],
])("A task is not retried after %s", async (_what, failure) => {
  const { run, attempts } = tasks(failure as CallError);
  expect(await failureOf<Error>(run())).toBe(failure);
  expect(attempts).toEqual([0]);
});

test("A task has at most three attempts, and the last failure is thrown", async () => {
  const { run, pass, attempts } = tasks(refused, refused, answered(503), undefined);
  const failing = failureOf(run());
  await pass(1_000);
  expect((await failing).responseStatus).toBe(503);
  expect(attempts).toEqual([0, 100, 300]);
});

test("A pause before a retry is random, up to a maximum that doubles", async () => {
  const { run, pass, attempts } = tasks(refused);
  const draws = [0.25, 0.5];
  const failing = failureOf(run({ random: () => draws.shift() ?? 1 }));
  await pass(1_000);
  await failing;
  expect(attempts).toEqual([0, 25, 125]);
});

test("A retry waits for the time in Retry-After", async () => {
  const { run, pass, attempts } = tasks(answered(503, 1_000), undefined);
  const done = run();
  await pass(2_000);
  await done;
  expect(attempts).toEqual([0, 1_100]);
});

test.each([
  ["its Retry-After ends", answered(503, 2_000), 2_000],
  ["the pause would end", refused, 100],
])("A failure is thrown immediately if %s past the deadline", async (_what, failure, endsAt) => {
  const { run, attempts } = tasks(failure, undefined);
  const call = new Call();
  call.endsAt = endsAt;
  expect(await failureOf(run({}, call))).toBe(failure);
  expect(attempts).toEqual([0]);
});

test("A failure is thrown immediately if the retry budget is empty", async () => {
  const { run, attempts, events, budget } = tasks(refused, undefined);
  while (budget.take());
  expect(await failureOf(run())).toBe(refused);
  expect(attempts).toEqual([0]);
  expect(events).toEqual(["refused"]);
});

test("A task is not retried while mayFollow returns false", async () => {
  const { run, attempts, events } = tasks(refused, undefined);
  expect(await failureOf(run({ mayFollow: () => false }))).toBe(refused);
  expect(attempts).toEqual([0]);
  expect(events).toEqual([]);
});

test("A canceled call ends the pause, and is not retried", async () => {
  const { run, pass, attempts, events } = tasks(refused, undefined);
  const call = new Call();
  const failing = failureOf<Error>(run({}, call));
  await settled();
  const reason = new Error("I am off");
  call.end(reason);
  expect(await failing).toBe(reason);
  await pass(1_000);
  expect(attempts).toEqual([0]);
  expect(events).toEqual([]);
});

test("A call that is canceled during an attempt is not retried", async () => {
  const { run, attempts } = tasks(refused, undefined);
  const call = new Call();
  call.end(new Error("Off"));
  expect(await failureOf(run({}, call))).toBe(refused);
  expect(attempts).toEqual([0]);
});

/** Takes tokens until none is left, and returns their number. */
function drain({ take }: ReturnType<typeof createBudget>): number {
  let granted = 0;
  while (take()) granted += 1;
  return granted;
}

test("The retry budget starts with 10 tokens, and never has more", async () => {
  const { clock, pass } = createFakeClock();
  const budget = createBudget({ clock });
  await pass(60_000);
  for (let call = 0; call < 1_000; call += 1) budget.called();
  expect(budget.tokens()).toBe(10);
  expect(drain(budget)).toBe(10);
});

test("The retry budget gains a token for every ten calls", () => {
  const { clock } = createFakeClock();
  const budget = createBudget({ clock });
  drain(budget);
  for (let call = 0; call < 25; call += 1) budget.called();
  expect(drain(budget)).toBe(2);
});

test("The retry budget gains three tokens a second", async () => {
  const { clock, pass } = createFakeClock();
  const budget = createBudget({ clock });
  drain(budget);
  await pass(333);
  expect(drain(budget)).toBe(0);
  await pass(700);
  expect(drain(budget)).toBe(3);
});

test("N calls in T seconds cause at most N/10 + 10 + 3T retries, in any pattern", async () => {
  const random = randomFrom(drawSeed());
  for (let run = 0; run < 20; run += 1) {
    const { clock, pass } = createFakeClock();
    const budget = createBudget({ clock });
    const restlessness = random();
    let calls = 0;
    let retries = 0;
    for (let step = 0; step < 500; step += 1) {
      if (random() < restlessness) await pass(random() * 50);
      budget.called();
      calls += 1;
      for (let attempt = 0; attempt < 2; attempt += 1) if (budget.take()) retries += 1;
      expect(retries).toBeLessThanOrEqual(calls / 10 + 10 + (3 * clock.now()) / 1000 + 1e-9);
    }
  }
});
