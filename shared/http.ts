/** What the routes of both services need of HTTP and the framework leaves out. */
import type { TObject } from "@sinclair/typebox";
import type { Elysia } from "elysia";

import { ProblemError } from "./problem.ts";

const JSON_TYPES = ["application/json"];
/** A change may also come as what it is, a JSON merge patch (RFC 7396). */
const PATCH_TYPES = [...JSON_TYPES, "application/merge-patch+json"];

/** No schema here is deeper than this, and writing about a deep value costs the square of its depth. */
const NESTING_MAX = 16;

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
      const expected = types.join(" or ");
      throw new ProblemError(
        415,
        "unsupported_media_type",
        `Expected a body of ${expected} in UTF-8, not compressed`,
        { headers: { accept: types.join(", ") } }, // RFC 9110, 12.5.1
      );
    }
    if (Number(headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
    return parseJson(await read(request, maxBytes));
  };
}

function parseJson(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new ProblemError(400, "malformed_json", "The body is not JSON in UTF-8", { cause });
  }
  if (isDeeper(value, NESTING_MAX)) {
    throw new ProblemError(400, "malformed_json", "The body is nested too deep");
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
    throw new ProblemError(400, "incomplete_body", "The body ended too early", { cause });
  }
}

async function readAtMost(request: Request, maxBytes: number): Promise<Uint8Array> {
  // With a declared length, which the server holds the client to, there is nothing to count.
  if (request.headers.has("content-length")) return request.bytes();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number) {
  return new ProblemError(413, "too_large", `The body is larger than ${maxBytes} bytes`, {
    headers: { connection: "close" },
  });
}

const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,14})$/;

/**
 * The two hooks of a route with this query: the schema, and a reading of the URL before it that makes
 * lists of repeated names, which fit no schema, and integers of digits alone. (Elysia would take the
 * last of a repeated name, and `0x10` and `1e3` for numbers.)
 */
export function strictQuery<Schema extends TObject>(schema: Schema) {
  const integers = new Set(
    Object.keys(schema.properties).filter((name) => schema.properties[name]?.type === "integer"),
  );
  function transform(context: { request: Request; query: unknown }) {
    const { url } = context.request;
    const start = url.indexOf("?");
    if (start !== -1) context.query = parse(new URLSearchParams(url.slice(start)), integers);
  }
  return { query: schema, transform };
}

function parse(parameters: URLSearchParams, integers: Set<string>) {
  const query: Record<string, string | number | []> = Object.create(null);
  for (const [name, value] of parameters) {
    // What is in the list does not matter.
    if (name in query) query[name] = [];
    else query[name] = integers.has(name) && WHOLE_NUMBER.test(value) ? Number(value) : value;
  }
  return query;
}

/**
 * Gives every path of an app an answer to every method: OPTIONS is a 204, what the path does not do
 * a 405, both with `Allow` (RFC 9110, 9.3.7 and 15.5.6). HEAD comes with GET. It is to be used last.
 */
export function allMethods<App extends Elysia<any, any, any, any, any, any, any>>(app: App): App {
  for (const [path, routes] of Map.groupBy(app.routes, (route) => route.path)) {
    const methods = new Set(routes.map((route) => route.method));
    if (methods.has("GET")) methods.add("HEAD");
    const allow = [...methods, "OPTIONS"].join(", ");
    app.all(
      path,
      ({ request, set }) => {
        if (request.method !== "OPTIONS") {
          throw new ProblemError(405, "method_not_allowed", `This path answers ${allow}`, {
            headers: { allow },
          });
        }
        set.status = 204;
        set.headers["allow"] = allow;
      },
      { detail: { hide: true } },
    );
  }
  return app;
}

// --- conditional requests (RFC 9110, 13)

/** The strong entity tag of a row in this version. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/**
 * The versions that an `If-Match` admits, in the form that a statement asks with
 * `$n = '*' OR $n LIKE '%,' || version || ',%'`: `*`, or versions between commas. Weak tags never
 * match strongly (RFC 9110, 8.8.3.2), and foreign ones are no version of ours.
 */
export function versionsAdmitted(ifMatch = "*"): string {
  if (ifMatch === "*") return "*";
  const versions = ifMatch.matchAll(/(?<=^|[ \t,])"(\d{1,15})"/g);
  return `,${Array.from(versions, ([, version]) => version).join(",")},`;
}

/** Whether an `If-None-Match` names this tag: a 304 then. The comparison is the weak one. */
export function isNotModified(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return (
    ifNoneMatch === "*" ||
    ifNoneMatch.split(",").some((one) => one.trim().replace("W/", "") === tag)
  );
}
