/** The table `orders`. An order belongs to its user. */
import { table } from "../platform/index.ts";
import { fromMinor, toMinor } from "../shared/money.ts";
import type { Order, OrderStatus } from "../shared/types.ts";

const amount = { name: "amount_minor", write: toMinor, read: fromMinor };

export const ORDERS = table<Order>(
  "orders",
  ({ text, word, optional, instant }) => ({
    id: text,
    user_id: text,
    amount,
    currency: text,
    status: word<OrderStatus>(),
    note: optional(text),
    created_at: instant,
    updated_at: instant,
  }),
  { owner: "user_id" },
);
