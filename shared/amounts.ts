/** The schemas of money, for every service that has some; `money.ts` has what they stand on. */
import { Kind, type Static, Type } from "@sinclair/typebox";

import { IN_USE, PUBLISHED } from "./money.ts";

export const Amount = Type.Unsafe<number>({
  [Kind]: "Amount",
  $id: "Amount",
  description: "The amount to pay, with at most two decimal places.",
  type: "number",
  minimum: 0.01,
  maximum: 1_000_000_000,
  // Not `multipleOf: 0.01`: programs that divide in floating point refuse 19.99.
  "x-decimal-places": 2,
  examples: [100.5],
});
export type Amount = Static<typeof Amount>;

export const Currency = Type.String({
  $id: "Currency",
  description: "The ISO 4217 code of a currency that was in use when the order was created.",
  minLength: 3,
  maxLength: 3,
  pattern: "^[A-Z]{3}$",
  examples: ["EUR"],
});
export type Currency = Static<typeof Currency>;

export const NewCurrency = Type.Unsafe<string>({
  [Kind]: "NewCurrency",
  $id: "NewCurrency",
  description:
    `The ISO 4217 code of a currency in use (as of ${PUBLISHED}) that has at most two ` +
    "decimal places.",
  type: "string",
  enum: IN_USE,
  examples: ["EUR"],
});
export type NewCurrency = Static<typeof NewCurrency>;
