/** Checks the decimal places of an amount against its currency. */
import { fail, failure } from "../platform/index.ts";
import currencies from "../shared/currencies.json";
import type { NewOrder } from "../shared/types.ts";

/** The currency of an order that names none. */
export const DEFAULT_CURRENCY = "EUR";

const places = new Map(Object.entries(currencies.places));

/** @throws ProblemError 422 for a fraction in a currency without decimal places */
export function requireWholeUnits({ amount, currency = DEFAULT_CURRENCY }: NewOrder): void {
  if (places.get(currency) !== 0 || Number.isInteger(amount)) return;
  const detail = "Expected a whole number: the currency has no decimal places";
  throw fail(failure.invalidBody, { errors: [{ pointer: "/amount", detail }] });
}
