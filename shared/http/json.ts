/** Bodies of JSON, written here rather than by the framework, so that their length is known. */
import type { Context } from "elysia";

import { contextOf } from "./context.ts";

/** As `Response.json` has it. */
const JSON_TYPE = "application/json;charset=utf-8";

/** The text of a body; its context knows how many bytes that is. */
export function jsonOf(request: Request, value: unknown): string {
  const text = JSON.stringify(value);
  contextOf(request).bytes = Buffer.byteLength(text);
  return text;
}

/** What a handler returns: the text of its value with the content type of JSON, or nothing if it has none. */
export function bodyOf(
  value: unknown,
  { request, set }: Pick<Context, "request" | "set">,
): unknown {
  if (value === undefined) return value;
  set.headers["content-type"] = JSON_TYPE;
  return jsonOf(request, value);
}
