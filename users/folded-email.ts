/**
 * Emails without the case of their ASCII letters, the same on every database: what lower() of
 * Postgres does with an I depends on its locale.
 */

const CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** SQL: the expression of the index `users_by_folded_email`. */
export const FOLDED_EMAIL = Array.from(CAPITALS).reduce(
  (inner, capital) => `replace(${inner}, '${capital}', '${capital.toLowerCase()}')`,
  "email",
);

/** Returns the email as {@link FOLDED_EMAIL} does. */
export function folded(email: string): string {
  return email.replaceAll(/[A-Z]/g, (capital) => capital.toLowerCase());
}
