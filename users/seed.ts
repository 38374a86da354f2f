/** Demo data: Alice and Bob, or any number of plausible users. */
import type { Database } from "../platform/database/database.ts";
import { DEMO_AT, fill, pick, requirePositive } from "../platform/database/seed.ts";
import { newRevision } from "../platform/http/etag.ts";
import type { Output } from "../platform/process/output.ts";
import { type UserRow, USERS } from "./table.ts";

export const seedOptions = { users: "create N instead, with the ids 1 to N" };

/**
 * Fills an empty database; one that has users is not changed. Returns a sentence that says which.
 *
 * @throws UsageError for an invalid option
 */
export async function seed(
  database: Database,
  { users }: { users?: number },
  output: Output,
): Promise<string> {
  if (users !== undefined) requirePositive("users", users);
  const [some] = await database.read("SELECT id FROM users ORDER BY id LIMIT 1", []);
  if (some) return "nothing to seed: the database already has users";
  if (users === undefined) {
    await database.write([
      insert({ id: "1", name: "Alice", email: "alice@example.com", created_at: DEMO_AT }),
      insert({ id: "2", name: "Bob", email: "bob@example.com", created_at: DEMO_AT + 1000 }),
    ]);
    return "seeded users 1, Alice, and 2, Bob";
  }
  return fill(
    database,
    {
      what: "users",
      count: users,
      insert({ number, at, random }) {
        const first = pick(random, FIRST_NAMES);
        const last = pick(random, LAST_NAMES);
        // The number makes the address unique.
        const email = `${first}.${last}.${number}@${pick(random, DOMAINS)}`.toLowerCase();
        return insert({ id: String(number), name: `${first} ${last}`, email, created_at: at });
      },
    },
    output,
  );
}

/** Returns the INSERT of a user who was never changed. */
function insert({ created_at, ...fields }: Pick<UserRow, "id" | "name" | "email" | "created_at">) {
  const written = { version: 1, revision: newRevision(), created_at, updated_at: created_at };
  return USERS.insert({ ...fields, ...written });
}

const DOMAINS = ["example.com", "example.com", "example.org", "example.net"];

const FIRST_NAMES = (
  "Alice Amir Ana Ben Carla Chen Daniel Elena Emeka Fatima Finn Grace Hana Hugo Ines Ivan Jamal Julia " +
  "Kenji Lars Leila Maria Mei Noah Nora Olu Omar Paula Priya Rosa Sam Sofia Yusuf"
).split(" ");

const LAST_NAMES = (
  "Ahmed Andersson Bauer Brown Costa Diaz Dubois Eriksen Fischer Garcia Haddad Ito Jansen Kim Kumar " +
  "Lopez Martin Meyer Moreau Nakamura Novak Okafor Olsen Park Patel Rossi Sato Silva Singh Smith Weber"
).split(" ");
