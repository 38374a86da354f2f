/**
 * The wire contract of all services: TypeBox schemas, each with a static type of the same name.
 *
 * Everything that needs a shape takes it from here: routes validate with it, stores return it,
 * `orders` validates responses of `users` against it, and the OpenAPI documents are generated from
 * it.
 */
import { Kind, type Static, Type } from "@sinclair/typebox";

import { stored, Text } from "../platform/contract/schema-kinds.ts";
import currencies from "./currencies.json";

/** The id of a resource of any kind. */
export const Id = Type.String({
  $id: "Id",
  description: "The id of a resource. New ids are UUIDv7.",
  minLength: 1,
  maxLength: 64,
  // Includes the subjects of common token issuers: `auth0|...`, `f:realm:...`, an email address.
  // None starts with a dot, so that no id is a dot segment of a path.
  pattern: "^[0-9A-Za-z_-][0-9A-Za-z._:|@-]{0,63}$",
  examples: ["1"],
});
export type Id = Static<typeof Id>;

/** An RFC 3339 time in UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export const Timestamp = Type.String({
  $id: "Timestamp",
  description: "A time in UTC, in the format of RFC 3339 with milliseconds.",
  format: "date-time",
  minLength: 24,
  maxLength: 24,
  pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$",
  examples: ["2026-01-02T03:04:05.678Z"],
});
export type Timestamp = Static<typeof Timestamp>;

// --- users

export const UserId = Type.String({
  ...Id,
  $id: "UserId",
  description: "The id of a user. New ids are UUIDv7.",
});
export type UserId = Static<typeof UserId>;

export const Name = Text({
  $id: "Name",
  description: "The name of the user. At least one character can be seen.",
  minLength: 1,
  maxLength: 100,
  examples: ["Alice"],
});
export type Name = Static<typeof Name>;

// The pattern of HTML's <input type=email>, with the length limit of RFC 5321.
export const Email = Type.String({
  $id: "Email",
  description: "The email address of a user. No two users have the same one, ignoring case.",
  minLength: 3,
  maxLength: 254,
  pattern:
    "^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$",
  examples: ["alice@example.com"],
});
export type Email = Static<typeof Email>;

export const User = Type.Object(
  { id: UserId, name: stored(Name), email: Email, created_at: Timestamp, updated_at: Timestamp },
  { $id: "User", description: "A person who can place orders.", additionalProperties: false },
);
export type User = Static<typeof User>;

export const NewUser = Type.Object(
  { name: Name, email: Email },
  {
    $id: "NewUser",
    description: "Fields of a new user.",
    additionalProperties: false,
    examples: [{ name: "Carol", email: "carol@example.com" }],
  },
);
export type NewUser = Static<typeof NewUser>;

export const UserPatch = Type.Partial(NewUser, {
  $id: "UserPatch",
  description: "The fields to change, as a JSON merge patch (RFC 7396).",
  additionalProperties: false,
  minProperties: 1,
  examples: [{ name: "Alice Liddell" }],
});
export type UserPatch = Static<typeof UserPatch>;

// --- orders

export const OrderId = Type.String({
  ...Id,
  $id: "OrderId",
  description: "The id of an order. New ids are UUIDv7.",
});
export type OrderId = Static<typeof OrderId>;

export const Amount = Type.Unsafe<number>({
  [Kind]: "Amount",
  $id: "Amount",
  description: "The amount to pay, with at most two decimal places.",
  type: "number",
  minimum: 0.01,
  maximum: 1_000_000_000,
  multipleOf: 0.01,
  examples: [100.5],
});
export type Amount = Static<typeof Amount>;

export const Currency = Type.String({
  $id: "Currency",
  description: "The ISO 4217 code of a currency that was in use when the order was created.",
  minLength: 3,
  maxLength: 3,
  pattern: "^[A-Z]{3}$",
  examples: ["EUR"],
});
export type Currency = Static<typeof Currency>;

export const NewCurrency = Type.Unsafe<string>({
  [Kind]: "NewCurrency",
  $id: "NewCurrency",
  description:
    `The ISO 4217 code of a currency in use (as of ${currencies.published}) that has at most two ` +
    "decimal places.",
  type: "string",
  minLength: 3,
  maxLength: 3,
  pattern: "^[A-Z]{3}$",
  enum: Object.entries(currencies.places)
    .filter(([code, places]) => places !== null && places <= 2 && !currencies.funds.includes(code))
    .map(([code]) => code),
  examples: ["EUR"],
});
export type NewCurrency = Static<typeof NewCurrency>;

export const OrderStatus = Type.Union(
  [
    Type.Literal("pending"),
    Type.Literal("paid"),
    Type.Literal("shipped"),
    Type.Literal("delivered"),
    Type.Literal("cancelled"),
  ],
  {
    $id: "OrderStatus",
    description: "The status of an order.",
    examples: ["pending"],
  },
);
export type OrderStatus = Static<typeof OrderStatus>;

export const Note = Text({
  $id: "Note",
  description: "A note from the customer. At least one character can be seen.",
  minLength: 1,
  maxLength: 500,
  examples: ["Leave it at the door"],
});
export type Note = Static<typeof Note>;

export const Order = Type.Object(
  {
    id: OrderId,
    user_id: UserId,
    amount: Amount,
    currency: Currency,
    status: OrderStatus,
    note: Type.Optional(stored(Note)),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: "Order", description: "An order of one user.", additionalProperties: false },
);
export type Order = Static<typeof Order>;

export const OrderWithUser = Type.Object(
  {
    ...Order.properties,
    user: Type.Optional(
      Type.Union([User, Type.Null()], {
        description:
          "The user of the order, present with `expand=user`. It is null if the user was deleted.",
      }),
    ),
  },
  {
    $id: "OrderWithUser",
    description: "An order. With `expand=user` it includes its user.",
    additionalProperties: false,
  },
);
export type OrderWithUser = Static<typeof OrderWithUser>;

const WHOLE = Object.entries(currencies.places)
  .filter(([code, places]) => places === 0 && !currencies.funds.includes(code))
  .map(([code]) => code);

export const NewOrder = Type.Object(
  {
    user_id: UserId,
    amount: Amount,
    currency: Type.Optional(NewCurrency),
    note: Type.Optional(Note),
  },
  {
    $id: "NewOrder",
    description:
      "Fields of a new order. The default currency is EUR. If the currency has no decimal places, the " +
      "amount must be a whole number.",
    additionalProperties: false,
    // The rule of the description, for programs that read the document: TypeBox ignores it.
    if: { properties: { currency: { not: { enum: WHOLE } } } },
    else: { properties: { amount: { multipleOf: 1 } } },
    examples: [{ user_id: "1", amount: 12.5, currency: "EUR", note: "Leave it at the door" }],
  },
);
export type NewOrder = Static<typeof NewOrder>;

export const OrderPatch = Type.Object(
  { status: OrderStatus },
  {
    $id: "OrderPatch",
    description: "The new status, as a JSON merge patch (RFC 7396).",
    additionalProperties: false,
    examples: [{ status: "paid" }],
  },
);
export type OrderPatch = Static<typeof OrderPatch>;

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

export const UserPage = Type.Array(User, {
  $id: "UserPage",
  description: "Users, oldest first.",
  maxItems: 100,
});
export type UserPage = Static<typeof UserPage>;

export const OrderPage = Type.Array(Order, {
  $id: "OrderPage",
  description: "Orders of one user, oldest first.",
  maxItems: 100,
});
export type OrderPage = Static<typeof OrderPage>;

// --- parameters

export const UserPath = Type.Object({ id: UserId }, { additionalProperties: false });
export type UserPath = Static<typeof UserPath>;

export const OrderPath = Type.Object({ id: OrderId }, { additionalProperties: false });
export type OrderPath = Static<typeof OrderPath>;

export const UserQuery = Type.Object(
  {
    limit: Type.Optional(Limit),
    cursor: Type.Optional(Cursor),
    email: Type.Optional(Email),
  },
  { additionalProperties: false },
);
export type UserQuery = Static<typeof UserQuery>;

export const OrderQuery = Type.Object(
  {
    user_id: UserId,
    limit: Type.Optional(Limit),
    cursor: Type.Optional(Cursor),
    status: Type.Optional(OrderStatus),
  },
  { additionalProperties: false },
);
export type OrderQuery = Static<typeof OrderQuery>;

export const Expand = Type.Literal("user", {
  $id: "Expand",
  description: "What to include in the response.",
  examples: ["user"],
});
export type Expand = Static<typeof Expand>;

export const OrderExpandQuery = Type.Object(
  { expand: Type.Optional(Expand) },
  { additionalProperties: false },
);
export type OrderExpandQuery = Static<typeof OrderExpandQuery>;

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
  description: "What went wrong: a stable code for programs.",
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
        examples: ["/users"],
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
