/** Strict reading of request bodies. */
import type { TSchema } from "@sinclair/typebox";

import { readBody } from "./body-reader.ts";
import { ProblemError } from "./failure.ts";
import {
  incompleteBody,
  invalidBody,
  malformedJson,
  requestTimeout,
  tooLarge,
  unsupportedMediaType,
} from "./failures.ts";

const JSON_TYPES = ["application/json"];
/** A change may also be sent as a JSON merge patch (RFC 7396). */
const PATCH_TYPES = [...JSON_TYPES, "application/merge-patch+json"];

/** Its name, and one that many clients write instead. */
const UTF_8 = /^utf-?8$/;

/** No schema is deeper. Reporting errors in a deep value costs the square of its depth. */
const NESTING_MAX = 16;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING = [0x5b, 0x7b];
const CLOSING = [0x5d, 0x7d];

/** The failures of every route with a body. */
export const bodyFailures = [
  malformedJson,
  incompleteBody,
  requestTimeout,
  tooLarge,
  unsupportedMediaType,
  invalidBody,
] as const;

/**
 * Returns the hooks of a route with this body.
 *
 * The parser is stricter than Elysia's own: 415 for another content type, encoding or charset, 413
 * for more than `maxBytes`, declared or not, 408 for a body that is too slow, 400 for one that is
 * incomplete or is not JSON in UTF-8 without a byte order mark (RFC 8259, 8.1). Of duplicate
 * members, the last one wins.
 */
export function strictBody<Schema extends TSchema>(schema: Schema, maxBytes: number) {
  return { parse: jsonParser(maxBytes), body: schema };
}

function jsonParser(maxBytes: number) {
  return async function json({ request }: { request: Request }) {
    const { headers } = request;
    // Elysia's own `contentType` is empty for a request with a type but no body.
    const [type = "", ...parameters] = (headers.get("content-type") ?? "").toLowerCase().split(";");
    const charset = /charset="?([^";\s]*)/.exec(parameters.join(";"))?.[1] ?? "utf-8";
    const encoding = headers.get("content-encoding")?.toLowerCase() ?? "identity";
    const types = request.method === "PATCH" ? PATCH_TYPES : JSON_TYPES;
    if (!types.includes(type.trim()) || !UTF_8.test(charset) || encoding !== "identity") {
      throw new ProblemError(unsupportedMediaType, {
        detail: `Expected a body of ${types.join(" or ")} in UTF-8, not compressed`,
        headers: { accept: types.join(", ") }, // RFC 9110, 12.5.1
      });
    }
    return parseJson(await readBody(request, maxBytes));
  };
}

function parseJson(bytes: Uint8Array): unknown {
  if (isDeep(bytes))
    throw new ProblemError(malformedJson, { detail: "The body is nested too deep" });
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new ProblemError(malformedJson, { cause });
  }
}

/** Whether the JSON has more than {@link NESTING_MAX} levels; checked before it is parsed. */
function isDeep(bytes: Uint8Array): boolean {
  let levels = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    // Inside a string only its end matters. All bytes of multi-byte characters are at least 0x80.
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === OPENING[0] || byte === OPENING[1]) {
      levels += 1;
      if (levels > NESTING_MAX) return true;
    } else if (byte === CLOSING[0] || byte === CLOSING[1]) levels -= 1;
  }
  return false;
}
