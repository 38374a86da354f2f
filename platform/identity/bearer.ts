/** Bearer tokens in requests, and `WWW-Authenticate` in responses (RFC 6750). */

/** The scheme in upper or lower case, spaces, and a token of the allowed characters (2.1). */
const BEARER = /^bearer +([0-9A-Za-z._~+/-]+=*)$/i;

/** A header with the scheme but not exactly one token: for example none, two, or one in quotes. */
export const MALFORMED = Symbol("malformed");

/**
 * Returns the token of a request; undefined without one or with another scheme. Ignores tokens in
 * the query or the body, because those are logged, stored and linked (RFC 9700, 4.3.2).
 */
export function bearerToken(headers: Headers): string | typeof MALFORMED | undefined {
  const header = headers.get("authorization");
  if (header === null) return undefined;
  const token = BEARER.exec(header)?.[1];
  if (token !== undefined) return token;
  return /^bearer(?: |$)/i.test(header) ? MALFORMED : undefined;
}

/** The error codes (3.1). */
export type BearerError = "invalid_request" | "invalid_token" | "insufficient_scope";

/**
 * Returns the value of `WWW-Authenticate` (3). A request without a token gets no error code. The
 * scope is named only if the token lacks it.
 */
export function challenge(realm: string, error?: BearerError, scope?: string): string {
  const parameters = [`realm="${realm}"`];
  if (error) parameters.push(`error="${error}"`);
  if (scope) parameters.push(`scope="${scope}"`);
  return `Bearer ${parameters.join(", ")}`;
}
