import { expect, test } from "bun:test";

import { createTurns } from "./turns.ts";

const aTurn = () => new Promise(setImmediate);

test("One caller continues in each turn of the event loop, in the order of arrival", async () => {
  const nextTurn = createTurns();
  const continued: number[] = [];
  for (let n = 0; n < 5; n += 1) void Promise.resolve(nextTurn()).then(() => continued.push(n));
  for (let turn = 1; turn <= 5; turn += 1) {
    await Promise.resolve();
    expect(continued).toEqual([0, 1, 2, 3, 4].slice(0, turn));
    await aTurn();
  }
});

test("A caller does not wait if nobody else continues in this turn", async () => {
  const nextTurn = createTurns();
  for (let turn = 0; turn < 3; turn += 1) {
    expect(nextTurn()).toBeUndefined();
    expect(nextTurn()).toBeInstanceOf(Promise);
    // The turn of the second one, and the end of that turn.
    await aTurn();
    await aTurn();
  }
});

test("A caller that comes while others wait continues after them", async () => {
  const nextTurn = createTurns();
  const continued: string[] = [];
  const go = (name: string) => Promise.resolve(nextTurn()).then(() => continued.push(name));
  const first = go("first").then(() => go("again"));
  await Promise.all([first, go("second")]);
  expect(continued).toEqual(["first", "second", "again"]);
});
