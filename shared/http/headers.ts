/** What every response says to caches and to browsers, whatever it is. */

/**
 * Nobody keeps the response (RFC 9111, 5.2.2.5), and a browser takes it for nothing else than its
 * `Content-Type` (https://fetch.spec.whatwg.org/#x-content-type-options-header).
 */
export const STANDARD_HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
} as const;

/**
 * Of a response with an `ETag`: its client may keep it, and asks each time whether it still holds
 * (RFC 9111, 5.2.2.4 and 5.2.2.7).
 */
export const REVALIDATED = "private, no-cache";
