import type { Database, Statement } from "../shared/database/database.ts";
import { DEMO_AT, fill, pick, type Random, requirePositive } from "../shared/database/seed.ts";
/** Two orders of Alice's, or any number of plausible orders. */
import { ConfigError } from "../shared/process/config.ts";
import type { Output } from "../shared/process/output.ts";
import type { OrderStatus } from "../shared/types.ts";

export const seedOptions = {
  orders: "make this many instead, with the ids 1 to N",
  users: "spread them over the users 1 to N [2]",
};

/**
 * Fills an empty database; one that has orders is left alone. Answers a sentence that says which.
 *
 * @throws ConfigError for an option that makes no sense
 */
export async function seed(
  database: Database,
  { orders, users }: { orders?: number; users?: number },
  output: Output,
): Promise<string> {
  for (const [option, value] of Object.entries({ orders, users })) {
    if (value !== undefined) requirePositive(option, value);
  }
  if (users !== undefined && orders === undefined) throw new ConfigError("--users needs --orders");
  const [some] = await database.read("SELECT id FROM orders LIMIT 1", []);
  if (some) return "nothing to seed: there are orders already";
  if (orders === undefined) {
    await database.write([
      insert({ ...PENDING, id: "1", userId: "1", amountMinor: 100_50, createdAt: DEMO_AT }),
      insert({ ...PENDING, id: "2", userId: "1", amountMinor: 200_75, createdAt: DEMO_AT + 1000 }),
    ]);
    return "seeded orders 1 and 2 of user 1";
  }
  const filling = { what: "orders", count: orders, insert: plausible(users ?? 2) };
  return fill(database, filling, output);
}

interface Seedling {
  id: string;
  userId: string;
  amountMinor: number;
  currency: string;
  status: OrderStatus;
  note: string | null;
  version: number;
  createdAt: number;
  /** How long after that the last change was. */
  ageMs: number;
}

const PENDING = { currency: "EUR", status: "pending", note: null, version: 1, ageMs: 0 } as const;

const HOUR_MS = 60 * 60 * 1000;

/** How many changes it took to get where an order is. */
const CHANGES = { pending: 0, paid: 1, cancelled: 1, shipped: 2, delivered: 3 };
const STATUSES = "pending paid cancelled shipped delivered delivered delivered delivered delivered";
const CURRENCIES = "EUR EUR EUR EUR USD GBP";
const NOTES = ["Leave it at the door", "Ring twice", "It is a present", "Call before delivery"];

function plausible(users: number) {
  return ({ number, at, random }: { number: number; at: number; random: Random }) => {
    const status = pick(random, STATUSES) as OrderStatus;
    const changes = CHANGES[status];
    return insert({
      id: String(number),
      userId: String(1 + Math.floor(random() * users)),
      // From 2.00 to 2000.00, and most of them small.
      amountMinor: Math.round(200 * 1000 ** random()),
      currency: pick(random, CURRENCIES),
      status,
      // One in ten has a note.
      note: NOTES[Math.floor(random() * NOTES.length * 10)] ?? null,
      version: 1 + changes,
      createdAt: at,
      ageMs: Math.floor(changes * 24 * HOUR_MS * random()),
    });
  };
}

function insert({ id, userId, amountMinor, currency, status, note, ...rest }: Seedling): Statement {
  const { version, createdAt, ageMs } = rest;
  return {
    text: `
      INSERT INTO orders
        (id, user_id, amount_minor, currency, status, note, version, created_at, updated_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      id,
      userId,
      amountMinor,
      currency,
      status,
      note,
      version,
      createdAt,
      createdAt + ageMs,
    ],
  };
}
