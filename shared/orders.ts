/** The contract of `orders`. */
import { type Static, Type } from "@sinclair/typebox";

import { stored, Text } from "../platform/contract/schema-kinds.ts";
import { Cursor, Id, Limit, Timestamp } from "../platform/contract/schemas.ts";
import { Amount, Currency, NewCurrency } from "./amounts.ts";
import { DEFAULT_CURRENCY, WHOLE_UNITS } from "./money.ts";
import { UserId } from "./user-id.ts";
import { User } from "./users.ts";

export const OrderId = Type.String({
  ...Id,
  $id: "OrderId",
  description: "The id of an order. New ids are UUIDv7.",
});
export type OrderId = Static<typeof OrderId>;

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
  description:
    "A note from the customer: a line of printable text. At least one character can be seen.",
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
    ...WHOLE_UNITS,
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

export const OrderPage = Type.Array(Order, {
  $id: "OrderPage",
  description: "Orders, oldest first.",
  maxItems: 100,
});
export type OrderPage = Static<typeof OrderPage>;

export const OrderPath = Type.Object({ id: OrderId }, { additionalProperties: false });
export type OrderPath = Static<typeof OrderPath>;

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
