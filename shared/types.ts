/**
 * The wire contract of all services: TypeBox schemas, each with a static type of the same name.
 *
 * Everything that needs a shape takes it from here: routes validate with it, stores return it,
 * `orders` validates responses of `users` against it, and the OpenAPI documents are generated from
 * it.
 */
import { Kind, type Static, Type } from "@sinclair/typebox";

import { stored, Text } from "../platform/contract/schema-kinds.ts";
import { Cursor, Id, Limit, Timestamp } from "../platform/contract/schemas.ts";
import { DEFAULT_CURRENCY, IN_USE, PUBLISHED, WITHOUT_PLACES } from "./money.ts";

export * from "../platform/contract/schemas.ts";

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
  examples: [{ name: "Bob Builder" }],
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
    `The ISO 4217 code of a currency in use (as of ${PUBLISHED}) that has at most two ` +
    "decimal places.",
  type: "string",
  minLength: 3,
  maxLength: 3,
  pattern: "^[A-Z]{3}$",
  enum: IN_USE,
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
      `Fields of a new order. The default currency is ${DEFAULT_CURRENCY}. If the currency has no decimal places, the ` +
      "amount must be a whole number.",
    additionalProperties: false,
    // The rule of the description, for programs that read the document: TypeBox ignores it.
    if: { properties: { currency: { not: { enum: WITHOUT_PLACES } } } },
    else: { properties: { amount: { multipleOf: 1 } } },
    examples: [{ user_id: "2", amount: 12.5, currency: "EUR", note: "Leave it at the door" }],
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

export const UserPage = Type.Array(User, {
  $id: "UserPage",
  description: "Users, oldest first.",
  maxItems: 100,
});
export type UserPage = Static<typeof UserPage>;

export const OrderPage = Type.Array(Order, {
  $id: "OrderPage",
  description: "Orders, oldest first.",
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
    user_id: Type.Optional(UserId),
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
