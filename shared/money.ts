/**
 * Money: a decimal number in JSON, an integer of hundredths in the database, exact both ways. And
 * the currencies: which are in use, and which have no decimal places.
 */
import { type TNumber, TypeRegistry } from "@sinclair/typebox";

import { KIND_WORDS } from "../platform/contract/schema-kinds.ts";
import currencies from "./currencies.json";

/** The currency of an amount that names none. */
export const DEFAULT_CURRENCY = "EUR";

/** When the list of currencies was published. */
export const PUBLISHED = currencies.published;

const paid = Object.entries(currencies.places).filter(([code]) => !currencies.funds.includes(code));

/** The currencies in use whose amounts are exact in hundredths. */
export const IN_USE = paid
  .filter(([, places]) => places !== null && places <= 2)
  .map(([code]) => code);

/** The currencies whose amounts are whole numbers. */
export const WITHOUT_PLACES = paid.filter(([, places]) => places === 0).map(([code]) => code);

/**
 * For the options of an object with `amount` and `currency`: the rule of {@link isPayable}, for
 * programs that read the document. TypeBox ignores it.
 */
export const WHOLE_UNITS = {
  if: { properties: { currency: { not: { enum: WITHOUT_PLACES } } } },
  else: {
    properties: {
      amount: { type: "integer", format: "int32", minimum: 1, maximum: 1_000_000_000 },
    },
  },
};

/** Whether the currency has the decimal places of this amount. */
export function isPayable(amount: number, currency: string): boolean {
  return Number.isInteger(amount) || !WITHOUT_PLACES.includes(currency);
}

/** Returns hundredths; exact for every Amount, because the schema admits no more decimal places. */
export function toMinor(amount: number): number {
  return Math.round(amount * 100);
}

/** Returns the double nearest to the quotient, which is what the decimal number parses to. */
export function fromMinor(hundredths: number): number {
  return hundredths / 100;
}

// A number has at most two decimal places if it survives the conversion to hundredths and back; a
// division in floating point says that 0.29 is no multiple of 0.01.
TypeRegistry.Set("Amount", (schema: TNumber, value) => {
  if (typeof value !== "number") return false;
  const { minimum = -Infinity, maximum = Infinity } = schema;
  return value >= minimum && value <= maximum && fromMinor(toMinor(value)) === value;
});

// ISO 4217 also lists units of account, metals and test codes, and amounts are stored in
// hundredths.
TypeRegistry.Set("NewCurrency", ({ enum: codes }: { enum: unknown[] }, value) =>
  codes.includes(value),
);
KIND_WORDS.set("NewCurrency", "the code of a currency in use, with two decimal places at most");
