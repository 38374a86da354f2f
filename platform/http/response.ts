/** What responses have in common: headers for caches and browsers, and JSON bodies. */
import type { Context } from "elysia";

import { contextOf } from "./context.ts";

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

/** The same as in `Response.json`. */
const JSON_TYPE = "application/json;charset=utf-8";

/** Serializes a body, and sets its length in the context. */
export function jsonOf(request: Request, value: unknown): string {
  const text = JSON.stringify(value);
  contextOf(request).bytes = Buffer.byteLength(text);
  return text;
}

/** Serializes what a handler returned and sets the content type; undefined stays undefined. */
export function bodyOf(
  value: unknown,
  { request, set }: Pick<Context, "request" | "set">,
): unknown {
  if (value === undefined) return value;
  set.headers["content-type"] = JSON_TYPE;
  return jsonOf(request, value);
}
