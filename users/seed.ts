/** Demo data: Alice and Bob, or any number of plausible users. */
import {
  type Database,
  demo,
  DEMO_AT,
  fill,
  type Output,
  pick,
  requirePositive,
  type Seeded,
  type Statement,
} from "../platform/seeding.ts";
import { USERS } from "./table.ts";

/**
 * Fills an empty database, or goes on with an interrupted seed. Any other is not changed.
 *
 * @throws UsageError for an invalid option
 */
export async function seed(
  database: Database,
  { users }: { users?: number },
  output: Pick<Output, "progress">,
): Promise<Seeded> {
  if (users !== undefined) requirePositive("users", users);
  if (users === undefined) {
    const rows = [
      { id: "1", name: "Alice", email: "alice@example.com", at: DEMO_AT },
      { id: "2", name: "Bob", email: "bob@example.com", at: DEMO_AT + 1000 },
    ].map((user) => ({ name: `${user.name} (user ${user.id})`, insert: insert(user) }));
    return demo(database, { what: "users", rows });
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
