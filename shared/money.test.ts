import { expect, test } from "bun:test";

import { type TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

import { expectation } from "../platform/process/expectation.ts";
import { isPayable } from "./money.ts";
import { Amount, NewCurrency } from "./types.ts";

test.each<[string, TSchema]>([
  ["the code of a currency in use, with two decimal places at most, like EUR", NewCurrency],
  ["a number from 0.01 to 1000000000 with two decimal places at most", Amount],
])("An error says %j", (words, schema) => {
  expect(expectation(schema)).toBe(words);
});

test("An amount has at most two decimal places, whatever a division says", () => {
  for (const amount of [0.29, 0.57, 1.1, 999_999_999.99]) {
    expect([amount, Value.Check(Amount, amount)]).toEqual([amount, true]);
  }
  for (const amount of [0.001, 0.295, 1e-9, 0]) {
    expect([amount, Value.Check(Amount, amount)]).toEqual([amount, false]);
  }
});

test("A fraction can be paid only in a currency with decimal places", () => {
  expect([isPayable(1.5, "EUR"), isPayable(1.5, "JPY"), isPayable(1, "JPY")]).toEqual([
    true,
    false,
    true,
  ]);
});
