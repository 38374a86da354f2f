/** Checks the decimal places of an amount against its currency. */
import { fail, failure } from "../platform/index.ts";
import { DEFAULT_CURRENCY, isPayable } from "./money.ts";

/** A body with an amount of money. */
interface Payable {
  amount: number;
  currency?: string;
}

/** @throws ProblemError 422 for a fraction in a currency without decimal places */
export function requireWholeUnits({ amount, currency = DEFAULT_CURRENCY }: Payable): void {
  if (isPayable(amount, currency)) return;
  const detail = "Expected a whole number: the currency has no decimal places";
  throw fail(failure.invalidBody, { errors: [{ pointer: "/amount", detail }] });
}
