/** The bodies of requests, read strictly. */
import type { Static, TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";

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
import { fieldErrors } from "./validation.ts";

const JSON_TYPES = ["application/json"];
/** A change may also come as what it is, a JSON merge patch (RFC 7396). */
const PATCH_TYPES = [...JSON_TYPES, "application/merge-patch+json"];

/** No schema here is deeper than this, and writing about a deep value costs the square of its depth. */
const NESTING_MAX = 16;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING = [0x5b, 0x7b];
const CLOSING = [0x5d, 0x7d];

/** What any route with a body may fail with. */
export const bodyFailures = [
  malformedJson,
  incompleteBody,
  requestTimeout,
  tooLarge,
  unsupportedMediaType,
  invalidBody,
] as const;

/**
 * The hooks of a route with this body.
 *
 * The parser is strict where Elysia's own is lenient: 415 for another content type, encoding or charset,
 * 413 for more than `maxBytes`, declared or not, 408 for what comes too slowly, 400 for what ends too early
 * or is not JSON in UTF-8 without a byte order mark (RFC 8259, 8.1). Of a member that is there twice the
 * last counts.
 *
 * The schema is checked here, where Elysia would check it and no later than that: Elysia writes the whole
 * body that it refuses into the message of its error.
 */
export function strictBody<Schema extends TSchema>(schema: Schema, maxBytes: number) {
  let compiled: TypeCheck<Schema> | undefined;
  return {
    parse: jsonParser(maxBytes),
    body: { ...schema, noValidate: true },
    beforeHandle({ body }: { body: Static<Schema> }) {
      compiled ??= TypeCompiler.Compile(schema);
      if (compiled.Check(body)) return;
      throw new ProblemError(invalidBody, { errors: fieldErrors(compiled.Errors(body)) });
    },
  };
}

function jsonParser(maxBytes: number) {
  return async function json({ request }: { request: Request }) {
    const { headers } = request;
    // Elysia's own contentType is empty where there is a type and no body.
    const [type = "", ...parameters] = (headers.get("content-type") ?? "").toLowerCase().split(";");
    const charset = /charset="?([^";\s]*)/.exec(parameters.join(";"))?.[1] ?? "utf-8";
    const encoding = headers.get("content-encoding")?.toLowerCase() ?? "identity";
    const types = request.method === "PATCH" ? PATCH_TYPES : JSON_TYPES;
    if (!types.includes(type.trim()) || charset !== "utf-8" || encoding !== "identity") {
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

/** Whether a text of JSON has more levels than {@link NESTING_MAX}: told before anything is made of it. */
function isDeep(bytes: Uint8Array): boolean {
  let levels = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    // Of a byte in a text it matters whether it ends it. No byte of a longer character is below 0x80.
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
