/** Money: a decimal number on the wire, whole hundredths in the database, exact both ways. */

/** Hundredths; exact for every Amount, since the schema admits no other. */
export function toMinor(amount: number): number {
  return Math.round(amount * 100);
}

/** The double nearest to the quotient, which is the one that the decimal number is read as. */
export function fromMinor(hundredths: number): number {
  return hundredths / 100;
}
