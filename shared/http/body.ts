/** The bodies of requests, read strictly. */

import { ProblemError } from "./failure.ts";
import {
  incompleteBody,
  invalidBody,
  malformedJson,
  tooLarge,
  unsupportedMediaType,
} from "./failures.ts";

const JSON_TYPES = ["application/json"];
/** A change may also come as what it is, a JSON merge patch (RFC 7396). */
const PATCH_TYPES = [...JSON_TYPES, "application/merge-patch+json"];

/** No schema here is deeper than this, and writing about a deep value costs the square of its depth. */
const NESTING_MAX = 16;

/** What any route with a body may fail with. */
export const bodyFailures = [
  malformedJson,
  incompleteBody,
  tooLarge,
  unsupportedMediaType,
  invalidBody,
] as const;

/**
 * A parser of JSON bodies, strict where Elysia's own is lenient: 415 for another content type,
 * encoding or charset, 413 for more than `maxBytes`, declared or not, 400 for what ends too early or
 * is not JSON in UTF-8 without a byte order mark (RFC 8259, 8.1). Of a member that is there twice the
 * last counts.
 */
export function jsonBody(maxBytes: number) {
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
    if (Number(headers.get("content-length") ?? 0) > maxBytes) throw largerThan(maxBytes);
    return parseJson(await read(request, maxBytes));
  };
}

function parseJson(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new ProblemError(malformedJson, { cause });
  }
  if (isDeeper(value, NESTING_MAX)) {
    throw new ProblemError(malformedJson, { detail: "The body is nested too deep" });
  }
  return value;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== "object") return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

async function read(request: Request, maxBytes: number): Promise<Uint8Array> {
  try {
    return await readAtMost(request, maxBytes);
  } catch (cause) {
    if (cause instanceof ProblemError) throw cause;
    throw new ProblemError(incompleteBody, { cause });
  }
}

async function readAtMost(request: Request, maxBytes: number): Promise<Uint8Array> {
  // With a declared length, which the server holds the client to, there is nothing to count.
  if (request.headers.has("content-length")) return request.bytes();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw largerThan(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function largerThan(maxBytes: number) {
  return new ProblemError(tooLarge, {
    detail: `The body is larger than ${maxBytes} bytes`,
    headers: { connection: "close" },
  });
}
