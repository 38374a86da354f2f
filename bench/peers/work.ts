/**
 * The work that every peer does, the same that the services do: the same SQL on the same file, and
 * the same JSON made of its rows.
 */

export const USER_BY_ID =
  "SELECT id, name, email, version, created_at, updated_at FROM users WHERE id = ?";

export const ORDERS_OF_USER = `
  SELECT id, user_id, amount_minor, currency, status, note, version, created_at, updated_at
  FROM orders
  WHERE user_id = ? AND (created_at, id) > (?, ?)
  ORDER BY created_at, id LIMIT ?`;

/** The parameters of the first page of a user's orders, with the row too many that tells of more. */
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

/** Tells the bench where a peer listens, in the words of the services' own log. */
export function listening(port: number): void {
  process.stderr.write(`{"message":"listening","url":"http://127.0.0.1:${port}"}\n`);
}

/** The arguments of a peer: the file of the service that it stands for, and for `orders` the other. */
export function roleOf(args: readonly string[]): { file: string; usersUrl: string | undefined } {
  const [file, usersUrl] = args;
  if (!file) throw new Error("Expected the file of a database, and for orders the URL of users");
  return { file, usersUrl };
}
