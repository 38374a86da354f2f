/** Bearer tokens in requests, and what is told of them in responses (RFC 6750). */

/** The scheme in any case, one space or more, and a token of the characters that one may have (2.1). */
const BEARER = /^bearer +([0-9A-Za-z._~+/-]+=*)$/i;

/** A header that names the scheme and is none of it: no token, two of them, one in quotes. */
export const MALFORMED = Symbol("malformed");

/**
 * The token of a request; undefined if it has none, or credentials of another scheme. A token in the
 * query or the body is none, since those are logged, kept and linked to (RFC 9700, 4.3.2).
 */
export function bearerToken(headers: Headers): string | typeof MALFORMED | undefined {
  const header = headers.get("authorization");
  if (header === null) return undefined;
  const token = BEARER.exec(header)?.[1];
  if (token !== undefined) return token;
  return /^bearer(?: |$)/i.test(header) ? MALFORMED : undefined;
}

/** Why there is no access (3.1). */
export type BearerError = "invalid_request" | "invalid_token" | "insufficient_scope";

/**
 * The value of `WWW-Authenticate` (3). To whom showed no token no error is told, and the scope only where
 * it is what the token lacks.
 */
export function challenge(realm: string, error?: BearerError, scope?: string): string {
  const parameters = [`realm="${realm}"`];
  if (error) parameters.push(`error="${error}"`);
  if (scope) parameters.push(`scope="${scope}"`);
  return `Bearer ${parameters.join(", ")}`;
}
