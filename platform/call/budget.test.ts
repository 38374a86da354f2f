import { expect, test } from "bun:test";

import { drawSeed } from "../../tests/support/seed.ts";
import { randomFrom } from "../database/seed.ts";
import { createFakeClock } from "../testing/calls.ts";
import { createBudget } from "./budget.ts";

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
