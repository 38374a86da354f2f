/** Money: a decimal number in JSON, an integer of hundredths in the database, exact both ways. */

/** Returns hundredths; exact for every Amount, because the schema admits no more decimal places. */
export function toMinor(amount: number): number {
  return Math.round(amount * 100);
}

/** Returns the double nearest to the quotient, which is what the decimal number parses to. */
export function fromMinor(hundredths: number): number {
  return hundredths / 100;
}
