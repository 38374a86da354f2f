/** Demo data: two orders of Alice, or any number of plausible orders. */
import {
  type Database,
  demo,
  DEMO_AT,
  fill,
  type Output,
  pick,
  type Random,
  requirePositive,
  type Seeded,
  UsageError,
} from "../platform/seeding.ts";
import type { Order, OrderStatus } from "../shared/types.ts";
import { ORDERS } from "./table.ts";

/**
 * Fills an empty database, or goes on with an interrupted seed. Any other is not changed.
 *
 * @throws UsageError for an invalid option
 */
export async function seed(
  database: Database,
  { orders, users }: { orders?: number; users?: number },
  output: Pick<Output, "progress">,
): Promise<Seeded> {
  for (const [option, value] of Object.entries({ orders, users })) {
    if (value !== undefined) requirePositive(option, value);
  }
  if (users !== undefined && orders === undefined) throw new UsageError("--users needs --orders");
  if (orders === undefined) {
    const rows = [
      pending({ id: "1", amount: 100.5, at: DEMO_AT }),
      pending({ id: "2", amount: 200.75, at: DEMO_AT + 1000 }),
    ].map((order) => ({ name: `order ${order.id} of user 1`, insert: ORDERS.insert(order) }));
    return demo(database, { what: "orders", rows });
  }
  const filling = { what: "orders", count: orders, insert: plausible(users ?? 2) };
  return fill(database, filling, output);
}

/** Returns an order of user 1 that was never changed. */
function pending({ id, amount, at }: { id: string; amount: number; at: number }): Order {
  const created_at = new Date(at).toISOString();
  return {
    id,
    user_id: "1",
    amount,
    currency: "EUR",
    status: "pending",
    created_at,
    updated_at: created_at,
  };
}

const HOUR_MS = 60 * 60 * 1000;

/** The number of changes that lead to each status. */
const CHANGES = { pending: 0, paid: 1, cancelled: 1, shipped: 2, delivered: 3 };
/** Most orders are delivered, and most are in EUR. */
const STATUSES: readonly OrderStatus[] = [
  "pending",
  "paid",
  "cancelled",
  "shipped",
  ...Array<OrderStatus>(5).fill("delivered"),
];
const CURRENCIES = ["EUR", "EUR", "EUR", "EUR", "USD", "GBP"];
const NOTES = ["Leave it at the door", "Ring twice", "It is a present", "Call before delivery"];

function plausible(users: number) {
  return ({ number, at, random }: { number: number; at: number; random: Random }) => {
    const status = pick(random, STATUSES);
    const changes = CHANGES[status];
    const user_id = String(1 + Math.floor(random() * users));
    // From 2.00 to 2000.00, most of them small.
    const amount = Math.round(200 * 1000 ** random()) / 100;
    const currency = pick(random, CURRENCIES);
    // One in ten has a note.
    const note = NOTES[Math.floor(random() * NOTES.length * 10)];
    const order: Order = {
      id: String(number),
      user_id,
      amount,
      currency,
      status,
      ...(note !== undefined && { note }),
      created_at: new Date(at).toISOString(),
      updated_at: new Date(at + Math.floor(changes * 24 * HOUR_MS * random())).toISOString(),
    };
    return ORDERS.insert(order, 1 + changes);
  };
}
