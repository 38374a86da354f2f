import { expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import {
  Amount,
  Currency,
  Email,
  Expand,
  Name,
  NewCurrency,
  NewUser,
  OrderStatus,
  UserPatch,
} from "../../shared/types.ts";
import { expectation } from "./expectation.ts";

test.each<[string, TSchema]>([
  ["printable text of 1 to 100 characters, not blank", Name],
  ["text of 3 to 254 characters like alice@example.com", Email],
  ["text of 3 characters like EUR", Currency],
  ["the code of a currency in use, with two decimal places at most, like EUR", NewCurrency],
  ["a number from 0.01 to 1000000000 with two decimal places at most", Amount],
  ["pending, paid, shipped, delivered or cancelled", OrderStatus],
  ["user", Expand],
  ["an object", NewUser],
  ["an object that is not empty", UserPatch],
  ["a whole number from 1 to 9", Type.Integer({ minimum: 1, maximum: 9 })],
  ["a list of 3 at most", Type.Array(Name, { maxItems: 3 })],
  ["text like a or b", Type.String({ pattern: "[ab]", examples: ["a", "b"] })],
  ["text", Type.String()],
])("A schema is described as %j", (words, schema) => {
  expect(expectation(schema)).toBe(words);
});
