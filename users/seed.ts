/** Demo data: Alice and Bob, or any number of plausible users. */
import {
  type Database,
  DEMO_AT,
  fill,
  type Output,
  pick,
  requirePositive,
  type Statement,
} from "../platform/seeding.ts";
import { USERS } from "./table.ts";

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
      insert({ id: "1", name: "Alice", email: "alice@example.com", at: DEMO_AT }),
      insert({ id: "2", name: "Bob", email: "bob@example.com", at: DEMO_AT + 1000 }),
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
        return insert({ id: String(number), name: `${first} ${last}`, email, at });
      },
    },
    output,
  );
}

/** Returns the INSERT of a user who was never changed. */
function insert({
  at,
  ...fields
}: {
  id: string;
  name: string;
  email: string;
  at: number;
}): Statement {
  const created_at = new Date(at).toISOString();
  return USERS.insert({ ...fields, created_at, updated_at: created_at });
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
