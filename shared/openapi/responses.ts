/** What routes say of their answers: it is checked on every answer, and read by the OpenAPI document. */
import { type TSchema, Type } from "@sinclair/typebox";

import { type ProblemStatus, TITLES } from "../http/problem.ts";
import { Problem } from "../types.ts";

const RequestId = {
  $id: "RequestId",
  description: "Names this request, here and in the logs of both services.",
  required: true,
  schema: Problem.properties.request_id,
};
const ETag = {
  $id: "ETag",
  description: "The version of what was answered, for `If-Match` and `If-None-Match`.",
  required: true,
  schema: Type.String({ maxLength: 32, pattern: '^"\\d+"$', examples: ['"1"'] }),
};
const RetryAfter = {
  $id: "RetryAfter",
  description: "After how many seconds it makes sense to ask again.",
  required: true,
  schema: Type.Integer({ format: "int32", minimum: 0, maximum: 3600, examples: [1] }),
};

/** The headers that an answer may have, as OpenAPI Header Objects; `?` marks what some lack. */
const HEADERS = {
  ETag,
  "ETag?": { ...ETag, $id: "OptionalETag", required: false },
  Location: {
    $id: "Location",
    description: "Where the new thing is.",
    required: true,
    schema: Type.String({ maxLength: 256, format: "uri-reference", examples: ["/users/1"] }),
  },
  "Link?": {
    $id: "Link",
    description: 'The next page, `rel="next"`, unless this is the last one (RFC 8288).',
    required: false,
    schema: Type.String({
      maxLength: 2048,
      pattern: '^<[^>]*>; rel="next"$',
      examples: ['</users?limit=20&cursor=WyJhIiwxNzY3MzIzMDQ1Njc4LCIxIl0>; rel="next"'],
    }),
  },
  "Idempotency-Replayed?": {
    $id: "IdempotencyReplayed",
    description: "`true` if the key was seen before and this is the first answer again.",
    required: false,
    schema: Type.String({ maxLength: 4, pattern: "^true$", examples: ["true"] }),
  },
  "Retry-After": RetryAfter,
  "Retry-After?": { ...RetryAfter, $id: "OptionalRetryAfter", required: false },
  Accept: {
    $id: "Accept",
    description: "The media types of a body that are accepted (RFC 9110, 12.5.1).",
    required: true,
    schema: Type.String({
      maxLength: 256,
      pattern: "^[a-z/+, -]+$",
      examples: ["application/json"],
    }),
  },
} as const;
export type HeaderName = keyof typeof HEADERS;

/** An answer with this schema; its description and headers are for the document alone. */
export function answer<Schema extends TSchema>(
  schema: Schema,
  description: string,
  ...names: HeaderName[]
): Schema {
  const headers: Record<string, object> = { "X-Request-Id": RequestId };
  for (const name of names) headers[name.replace("?", "")] = HEADERS[name];
  return { ...schema, description, headers };
}

/** An answer without a body. */
export function empty(description: string, ...headers: HeaderName[]) {
  return answer(Type.Void(), description, ...headers);
}

interface Failure {
  description: string;
  /** What a client may read, by example. */
  code: string;
  detail: string;
  header?: HeaderName;
}

const FAILURES: Record<ProblemStatus, Failure> = {
  400: {
    description: "The path, the query or a header does not fit, or the body is not JSON in UTF-8.",
    code: "invalid_query",
    detail: "The query does not fit its schema",
  },
  404: {
    description: "There is no such thing.",
    code: "not_found",
    detail: "No such path",
  },
  405: {
    description: "The path does not do this.",
    code: "method_not_allowed",
    detail: "This path answers GET, HEAD, OPTIONS",
  },
  409: {
    description: "It does not go together with what there is, or with what is being done.",
    code: "idempotency_key_in_use",
    detail: "A request with this Idempotency-Key is still being worked on",
    header: "Retry-After?",
  },
  412: {
    description: "It was changed since: `If-Match` does not name its `ETag`.",
    code: "stale",
    detail: "It was changed: its ETag is another now",
  },
  413: {
    description: "The body is too large.",
    code: "too_large",
    detail: "The body is larger than 65536 bytes",
  },
  415: {
    description: "The body is not declared as JSON.",
    code: "unsupported_media_type",
    detail: "Expected a body of application/json in UTF-8, not compressed",
    header: "Accept",
  },
  422: {
    description: "The body does not fit, or the `Idempotency-Key` was used with another one.",
    code: "invalid_body",
    detail: "The body does not fit its schema",
  },
  500: {
    description: "A fault of the service; its log has the reason.",
    code: "internal",
    detail: "Something went wrong on our side",
  },
  502: {
    description: "The other service answered outside the contract.",
    code: "users_bad_answer",
    detail: "The users service answered outside its contract",
  },
  503: {
    description: "Something that the service needs is out of reach for now.",
    code: "database_unavailable",
    detail: "The database cannot be used at the moment",
    header: "Retry-After",
  },
  504: {
    description: "The other service took too long.",
    code: "users_timeout",
    detail: "The users service took too long",
  },
};

/** The problems that a route may answer with, beside the 500 that any may. */
export function failures<Status extends ProblemStatus>(...statuses: Status[]) {
  const problems = [...statuses, 500 as const].map((status) => {
    const { description, code, detail, header } = FAILURES[status];
    const [request_id] = Problem.properties.request_id["examples"] as string[];
    const example = {
      type: "about:blank",
      title: TITLES[status],
      status,
      detail,
      code,
      request_id,
    };
    const schema = { ...Problem, examples: [example] };
    return [status, answer(schema, description, ...(header ? [header] : []))];
  });
  return Object.fromEntries(problems) as Record<Status | 500, typeof Problem>;
}
