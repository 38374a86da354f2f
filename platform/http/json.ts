/** JSON bodies, serialized here and not by the framework, so that their length is known. */
import type { Context } from "elysia";

import { contextOf } from "./context.ts";

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
