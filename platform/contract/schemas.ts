/**
 * The schemas that every service has: ids, times, pages, conditional headers and failures. The
 * contract of the services, in `shared/`, is built on them and exports them with its own.
 */
import { type Static, Type } from "@sinclair/typebox";

import { Text } from "./schema-kinds.ts";

/** The id of a resource of any kind. */
export const Id = Type.String({
  $id: "Id",
  description: "The id of a resource. New ids are UUIDv7.",
  minLength: 1,
  maxLength: 64,
  // Includes the subjects of common token issuers: `auth0|...`, `f:realm:...`, an email address.
  // None starts with a dot, so that no id is a dot segment of a path.
  pattern: "^[0-9A-Za-z_-][0-9A-Za-z._:|@-]{0,63}$",
  // The first is for reading, the last for changing: so trying a change out spares what others read.
  examples: ["1", "2"],
});
export type Id = Static<typeof Id>;

/** An RFC 3339 time in UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export const Timestamp = Type.String({
  $id: "Timestamp",
  description: "A time in UTC, in the format of RFC 3339 with milliseconds.",
  format: "date-time",
  minLength: 24,
  maxLength: 24,
  pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$",
  examples: ["2026-01-02T03:04:05.678Z"],
});
export type Timestamp = Static<typeof Timestamp>;

// --- pages

export const Limit = Type.Integer({
  $id: "Limit",
  description: "The maximum number of items on the page.",
  format: "int32",
  minimum: 1,
  maximum: 100,
  default: 20,
  examples: [20],
});
export type Limit = Static<typeof Limit>;

export const Cursor = Type.String({
  $id: "Cursor",
  description:
    "Where the page starts. Opaque: take it from the `Link` header of the previous page.",
  minLength: 1,
  maxLength: 512,
  pattern: "^[0-9A-Za-z_-]+$",
  examples: ["WyJhIiwxNzY3MzIzMDQ1Njc4LCIxIl0"],
});
export type Cursor = Static<typeof Cursor>;

// --- parameters

// The query of a route without parameters: anything in it is an error.
export const NoQuery = Type.Object({}, { additionalProperties: false });
export type NoQuery = Static<typeof NoQuery>;

// Header schemas do not set `additionalProperties: false`, because clients may send other headers.

// RFC 9110, 8.8.3 and 13.1: "*" or a list of entity tags.
const ENTITY_TAG = '(?:W/)?"[\\x21\\x23-\\x7e]*"';
const entityTags = (times: string) =>
  `^(?:\\*|${ENTITY_TAG}(?:[ \\t]*,[ \\t]*${ENTITY_TAG})${times})$`;

export const ReadHeaders = Type.Object({
  "if-none-match": Type.Optional(
    Type.String({
      description:
        "Responds with 304 and no body if one of these is the current `ETag` (RFC 9110).",
      minLength: 1,
      // The server's limit for all headers: too many tags are not an error.
      maxLength: 16_384,
      pattern: entityTags("*"),
      examples: ['"106703847220194635519"'],
    }),
  ),
});
export type ReadHeaders = Static<typeof ReadHeaders>;

export const ChangeHeaders = Type.Object({
  "if-match": Type.Optional(
    Type.String({
      description:
        "Responds with 412 and changes nothing unless one of these is the current `ETag` (RFC 9110).",
      minLength: 1,
      maxLength: 1024,
      pattern: entityTags("{0,15}"),
      examples: ["*"],
    }),
  ),
});
export type ChangeHeaders = Static<typeof ChangeHeaders>;

// 255 characters: a structured-field string, or the same without quotes and spaces.
const IDEMPOTENCY_KEY =
  '^(?:"(?:[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\["\\\\]){1,255}"|[\\x21\\x23-\\x7e][\\x21-\\x7e]{0,254})$';

export const CreateHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      description:
        "A key that the client chooses. A repeated request with the same key and body creates nothing " +
        "and gets the first response again (draft-ietf-httpapi-idempotency-key-header). The key may be " +
        "quoted (RFC 8941) or not. It is kept for 24 hours.",
      minLength: 1,
      maxLength: 512,
      pattern: IDEMPOTENCY_KEY,
      examples: ["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    }),
  ),
});
export type CreateHeaders = Static<typeof CreateHeaders>;

// --- failures

export const ProblemCode = Type.String({
  $id: "ProblemCode",
  description:
    "What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new " +
    "ones later.",
  minLength: 1,
  maxLength: 64,
  pattern: "^[a-z][a-z_]*$",
  examples: ["not_found"],
});
export type ProblemCode = Static<typeof ProblemCode>;

export const FieldError = Type.Object(
  {
    pointer: Type.String({
      description:
        "The field, as a JSON pointer (RFC 6901). `code` says whether it points into the body, the path, " +
        "the query or the headers. Empty if it is the whole body.",
      maxLength: 1024,
      pattern: "^(?:/(?:[^~/]|~[01])*)*$",
      examples: ["/amount"],
    }),
    detail: Text({
      description: "What is wrong with the field, for people.",
      minLength: 1,
      maxLength: 1024,
      examples: ["Expected a number from 0.01 to 1000000000 with two decimal places at most"],
    }),
  },
  { $id: "FieldError", description: "An invalid field.", additionalProperties: false },
);
export type FieldError = Static<typeof FieldError>;

export const Problem = Type.Object(
  {
    type: Type.String({
      description: "Always `about:blank`: the title is the name of the status (RFC 9457).",
      maxLength: 256,
      format: "uri-reference",
      examples: ["about:blank"],
    }),
    title: Text({
      description: "The name of the status.",
      minLength: 1,
      maxLength: 64,
      examples: ["Not Found"],
    }),
    status: Type.Integer({
      description: "The HTTP status.",
      format: "int32",
      minimum: 400,
      maximum: 599,
      examples: [404],
    }),
    detail: Text({
      description: "What went wrong in this request, for people.",
      minLength: 1,
      maxLength: 1024,
      examples: ["No user has this id"],
    }),
    instance: Type.Optional(
      Type.String({
        description: "The path of the request.",
        maxLength: 1024,
        format: "uri-reference",
        examples: ["/path"],
      }),
    ),
    code: ProblemCode,
    request_id: Type.String({
      description: "The id of the request, as in the `X-Request-Id` header and in the log.",
      minLength: 1,
      maxLength: 128,
      pattern: "^[0-9A-Za-z._-]+$",
      examples: ["019b76da-a800-7000-8000-000000000000"],
    }),
    errors: Type.Optional(
      Type.Array(FieldError, {
        description: "The invalid fields.",
        maxItems: 100,
      }),
    ),
  },
  { $id: "Problem", description: "An error response (RFC 9457).", additionalProperties: false },
);
export type Problem = Static<typeof Problem>;
