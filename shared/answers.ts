/** What routes say of their answers: it is checked on every answer, and read by the OpenAPI document. */
import { type TSchema, Type } from "@sinclair/typebox";

import { type ProblemStatus, TITLES } from "./problem.ts";
import { Problem } from "./types.ts";

/** The response headers by name, as OpenAPI Header Objects. */
export const HEADERS = {
  "X-Request-Id": {
    description: "Names this request, here and in the logs of both services.",
    required: true,
    schema: Problem.properties.request_id,
  },
  ETag: {
    description: "The version of what was answered, for `If-Match` and `If-None-Match`.",
    required: true,
    schema: Type.String({ maxLength: 32, pattern: '^"\\d+"$', examples: ['"1"'] }),
  },
  Location: {
    description: "Where the new thing is.",
    required: true,
    schema: Type.String({ maxLength: 256, format: "uri-reference", examples: ["/users/1"] }),
  },
  Link: {
    description: 'The next page, `rel="next"`, unless this is the last one (RFC 8288).',
    required: false,
    schema: Type.String({
      maxLength: 2048,
      pattern: '^<[^>]*>; rel="next"$',
      examples: ['</users?limit=20&cursor=WyJhIiwxNzY3MzIzMDQ1Njc4LCIxIl0>; rel="next"'],
    }),
  },
  "Idempotency-Replayed": {
    description: "`true` if the key was seen before and this is the first answer again.",
    required: false,
    schema: Type.String({ maxLength: 4, pattern: "^true$", examples: ["true"] }),
  },
  "Retry-After": {
    description: "After how many seconds it makes sense to ask again.",
    required: true,
    schema: Type.Integer({ format: "int32", minimum: 0, maximum: 3600, examples: [1] }),
  },
} as const;
export type HeaderName = keyof typeof HEADERS;

/** An answer with this schema; its description and headers are for the document alone. */
export function answer<Schema extends TSchema>(
  schema: Schema,
  description: string,
  ...headers: HeaderName[]
): Schema {
  const named = (["X-Request-Id", ...headers] as const).map((name) => [name, HEADERS[name]]);
  return { ...schema, description, headers: Object.fromEntries(named) };
}

/** An answer without a body. */
export function empty(description: string, ...headers: HeaderName[]) {
  return answer(Type.Void(), description, ...headers);
}

/** The problems that a route may answer with, beside the 500 that any may. */
export function failures<Status extends ProblemStatus>(...statuses: Status[]) {
  const problems = [...statuses, 500 as const].map((status) => [
    status,
    answer(Problem, TITLES[status], ...(status === 503 ? (["Retry-After"] as const) : [])),
  ]);
  return Object.fromEntries(problems) as Record<Status | 500, typeof Problem>;
}
