/**
 * Response declarations of routes: every response is validated against them, and the OpenAPI
 * document shows them.
 */
import { type TSchema, Type } from "@sinclair/typebox";

import { Problem } from "../contract/schemas.ts";
import type { Failure } from "../http/failure.ts";
import { problemBody } from "../http/problem.ts";

/** A placeholder for the name of the service in examples of headers. */
export const SERVICE = "{service}";

const RequestId = {
  $id: "RequestId",
  description: "The id of this request, as in the logs of all services that took part in it.",
  required: true,
  schema: Problem.properties.request_id,
};

/** The response headers, as OpenAPI Header Objects. */
const HEADERS = {
  ETag: {
    $id: "ETag",
    description:
      "The entity tag of the resource, for `If-Match` and `If-None-Match`. Opaque: each change gives " +
      "the resource a new one.",
    required: true,
    schema: Type.String({
      maxLength: 32,
      pattern: '^"[0-9]+"$',
      examples: ['"106703847220194635519"'],
    }),
  },
  Location: {
    $id: "Location",
    description: "The path of the new resource.",
    required: true,
    schema: Type.String({ maxLength: 256, format: "uri-reference", examples: [`/${SERVICE}/1`] }),
  },
  Link: {
    $id: "Link",
    description: 'The next page, as `rel="next"`. Absent on the last page (RFC 8288).',
    required: false,
    schema: Type.String({
      maxLength: 2048,
      pattern: '^<[^>]*>; rel="next"$',
      examples: [`</${SERVICE}?limit=20&cursor=WyJhIiwxNzY3MzIzMDQ1Njc4LCIxIl0>; rel="next"`],
    }),
  },
  "Idempotency-Replayed": {
    $id: "IdempotencyReplayed",
    description: "`true` if this is the first response to the same `Idempotency-Key`, sent again.",
    required: false,
    schema: Type.String({ maxLength: 4, pattern: "^true$", examples: ["true"] }),
  },
  "Cache-Status": {
    $id: "CacheStatus",
    description:
      "Present if the other service is unavailable and its last response was used. A `ttl` of -12 means " +
      "that this response expired 12 seconds ago (RFC 9211).",
    required: false,
    schema: Type.String({
      maxLength: 128,
      pattern: "^[a-z]+; hit; ttl=-?[0-9]+; detail=stale$",
      examples: ["callee; hit; ttl=-12; detail=stale"],
    }),
  },
  "Retry-After": {
    $id: "RetryAfter",
    description: "The number of seconds to wait before the next attempt.",
    required: true,
    schema: Type.Integer({ format: "int32", minimum: 0, maximum: 3600, examples: [1] }),
  },
  Accept: {
    $id: "Accept",
    description: "The media types that a request body may have (RFC 9110, 12.5.1).",
    required: true,
    schema: Type.String({
      maxLength: 256,
      pattern: "^[a-z/+, -]+$",
      examples: ["application/json"],
    }),
  },
  "WWW-Authenticate": {
    $id: "WWWAuthenticate",
    description: "How to authenticate, and what is wrong with the token (RFC 6750, 3).",
    required: true,
    schema: Type.String({
      maxLength: 256,
      pattern: '^Bearer realm="[a-z]+"(?:, error="[a-z_]+")?(?:, scope="[a-z:]+")?$',
      examples: [`Bearer realm="${SERVICE}", error="invalid_token"`],
    }),
  },
  RateLimit: {
    $id: "RateLimit",
    description:
      "What remains: `r` requests in the next `t` seconds (draft-ietf-httpapi-ratelimit-headers).",
    required: false,
    schema: Type.String({
      maxLength: 64,
      pattern: '^"default";r=[0-9]+;t=[0-9]+$',
      examples: ['"default";r=50;t=30'],
    }),
  },
  "RateLimit-Policy": {
    $id: "RateLimitPolicy",
    description: "The limit of each caller: `q` requests in `w` seconds.",
    required: false,
    schema: Type.String({
      maxLength: 64,
      pattern: '^"default";q=[0-9]+;w=[0-9]+$',
      examples: ['"default";q=100;w=60'],
    }),
  },
  "Access-Control-Allow-Origin": {
    // Linters look for this exact name.
    $id: "Access-Control-Allow-Origin",
    description: "The origin of the page, if its pages may read this response.",
    required: false,
    schema: Type.String({ maxLength: 256, format: "uri", examples: ["https://app.example.com"] }),
  },
  "Access-Control-Expose-Headers": {
    $id: "AccessControlExposeHeaders",
    description: "The response headers that the page may read.",
    required: false,
    schema: Type.String({ maxLength: 256, pattern: "^[A-Za-z, -]+$", examples: ["ETag, Link"] }),
  },
  Vary: {
    $id: "Vary",
    description: "The request headers that the response depends on.",
    required: true,
    schema: Type.String({ maxLength: 256, pattern: "^[A-Za-z, -]+$", examples: ["Origin"] }),
  },
  Allow: {
    $id: "Allow",
    description: "The methods that the path supports (RFC 9110, 10.2.1).",
    required: true,
    schema: Type.String({
      maxLength: 256,
      pattern: "^[A-Z, ]+$",
      examples: ["GET, HEAD, OPTIONS"],
    }),
  },
} as const;
type Header = keyof typeof HEADERS;

/** `?` marks a header that some responses of this status do not have. */
export type HeaderName = Header | `${Header}?`;

/** Returns the headers with these names, as a response declares them. */
export function headersOf(names: Iterable<HeaderName>): Record<string, object> {
  return Object.fromEntries(
    Array.from(names, (name) => [name.replace("?", ""), headerObject(name)]),
  );
}

function headerObject(name: HeaderName): object {
  const header = HEADERS[name.replace("?", "") as Header];
  if (!name.endsWith("?") || !header.required) return header;
  return { ...header, $id: `Optional${header.$id}`, required: false };
}

/** A response with this schema; description and headers are only for the document. */
export function response<Schema extends TSchema>(
  schema: Schema,
  description: string,
  ...names: HeaderName[]
): Schema {
  return { ...schema, description, headers: { "X-Request-Id": RequestId, ...headersOf(names) } };
}

/** A response without a body. */
export function empty(description: string, ...headers: HeaderName[]) {
  return response(Type.Void(), description, ...headers);
}

/** The response of one status: its failures, an example of each, and their headers. */
export function problem(failures: readonly Failure[]): TSchema {
  const [request_id = ""] = Problem.properties.request_id["examples"] as string[];
  const examples = failures.map((failure) => problemBody(failure, request_id));
  const own = failures.filter(({ everywhere }) => !everywhere);
  const headers = new Set(
    failures.flatMap(({ header }): HeaderName[] => {
      if (header === undefined) return [];
      return [failures.every((one) => one.header === header) ? header : `${header}?`];
    }),
  );
  const description = sentenceOf(own.length > 0 ? own : failures);
  return response({ ...Problem, examples, failures }, description, ...headers);
}

const MISFIT = " does not match its schema";

/** Returns when one of these failures happens, in one sentence. */
export function sentenceOf(failures: readonly Failure[]): string {
  const clauses = [...new Set(failures.map(({ description }) => description.replace(/\.$/, "")))];
  const misfits = clauses.filter((one) => one.endsWith(MISFIT));
  const subjects = joined(
    misfits.map((one) => one.slice(0, -MISFIT.length)),
    " or ",
  );
  const others = clauses.filter((one) => !misfits.includes(one));
  return `${joined([...(subjects ? [subjects + MISFIT] : []), ...others], ", or ")}.`;
}

/** Joins alternatives: the first begins the sentence. */
function joined([first = "", ...others]: readonly string[], or: string): string {
  const rest = others.map((one) => one.charAt(0).toLowerCase() + one.slice(1));
  const last = rest.pop();
  return last === undefined ? first : `${[first, ...rest].join(", ")}${or}${last}`;
}
