/** The headers of every response for caches and browsers. */

/**
 * Nothing stores the response (RFC 9111, 5.2.2.5), and browsers do not guess its content type
 * (https://fetch.spec.whatwg.org/#x-content-type-options-header).
 */
export const STANDARD_HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
} as const;

/**
 * For a response with an `ETag`: the client may store it, and must revalidate it each time (RFC
 * 9111, 5.2.2.4 and 5.2.2.7).
 */
export const REVALIDATED = "private, no-cache";
