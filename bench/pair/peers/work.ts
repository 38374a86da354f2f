/**
 * The work that every peer does, as the services do it: the same SQL on the same file, and the same
 * JSON from its rows.
 */
import { parseArgs } from "node:util";

export const USER_BY_ID =
  "SELECT id, name, email, version, created_at, updated_at FROM users WHERE id = ?";

export const ORDERS_OF_USER = `
  SELECT id, user_id, amount_minor, currency, status, note, version, created_at, updated_at
  FROM orders
  WHERE user_id = CAST(? AS TEXT) AND (created_at, id) > (?, ?)
  ORDER BY created_at, id LIMIT CAST(? AS INTEGER)`;

/**
 * The parameters of the first page of a user's orders, with one extra row to detect a next page.
 */
export function firstPage(userId: string): [string, number, string, number] {
  return [userId, -1, "", 21];
}

export interface UserRow {
  id: string;
  name: string;
  email: string;
  version: number;
  created_at: number;
  updated_at: number;
}

export interface OrderRow {
  id: string;
  user_id: string;
  amount_minor: number;
  currency: string;
  status: string;
  note: string | null;
  version: number;
  created_at: number;
  updated_at: number;
}

export function userOf({ id, name, email, created_at, updated_at }: UserRow) {
  return { id, name, email, created_at: timestamp(created_at), updated_at: timestamp(updated_at) };
}

export function orderOf(row: OrderRow) {
  const { id, user_id, amount_minor, currency, status, note, created_at, updated_at } = row;
  return {
    id,
    user_id,
    amount: amount_minor / 100,
    currency,
    status,
    ...(note !== null && { note }),
    created_at: timestamp(created_at),
    updated_at: timestamp(updated_at),
  };
}

function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Tells the benchmark where a peer listens, in the format of the services' log. */
export function listening(port: number): void {
  process.stderr.write(`{"message":"listening","url":"http://127.0.0.1:${port}"}\n`);
}

export interface Role {
  /** The service that the peer replaces. */
  service: "users" | "orders";
  /** The database file of that service, or the URL of its Postgres. */
  file: string;
  /** URL of `users` for `orders`. Without it, `orders` calls no other service. */
  usersUrl: string | undefined;
  /** The headers of its responses. Default: those of the peer */
  headers: Record<string, string> | undefined;
}

/** The arguments of a peer: `users|orders --file FILE [--users URL] [--headers JSON]`. */
export function roleOf(args: readonly string[]): Role {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      file: { type: "string" },
      users: { type: "string" },
      headers: { type: "string" },
    },
  });
  const [service] = positionals;
  const { file, users: usersUrl } = values;
  if ((service !== "users" && service !== "orders") || !file) {
    throw new Error("Expected users or orders, and its database file");
  }
  const headers = values.headers && (JSON.parse(values.headers) as Record<string, string>);
  return { service, file, usersUrl, headers: headers || undefined };
}
