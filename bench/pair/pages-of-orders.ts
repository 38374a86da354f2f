/** Databases with many orders, and their pages. */
import { migrations } from "../../orders/migrations.ts";
import { openDatabase } from "../../platform/database/open-database.ts";

export const [SMALL, LARGE] = [1_000, 1_000_000];

/** The same for every user, so that the requested page is the same in every table. */
export const ORDERS_PER_USER = 1_000;
/** Orders per page, so that the hundredth page is not the last one. */
export const LIMIT = 9;

const ROWS_PER_STATEMENT = 20_000;

/** Fills a database with orders of all users, interleaved as over time. */
export async function fill(url: string, size: number): Promise<void> {
  const database = await openDatabase(url);
  await database.migrate(migrations);
  for (let from = 1; from <= size; from += ROWS_PER_STATEMENT) {
    const to = Math.min(from + ROWS_PER_STATEMENT - 1, size);
    await database.write([
      { text: FILL, values: [from, to, size / ORDERS_PER_USER, Date.UTC(2026, 0, 1)] },
    ]);
  }
  // Otherwise Postgres does it a minute later, in the middle of the rounds.
  if (database.engine === "postgres")
    await database.write([{ text: "VACUUM ANALYZE", values: [] }]);
  await database.close();
}

const FILL = `
  INSERT INTO orders
    (id, user_id, amount_minor, currency, status, note, version, created_at, updated_at)
  WITH RECURSIVE numbers (n) AS (
    SELECT CAST($1 AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < $2
  )
  SELECT CAST(n AS TEXT), CAST(1 + n % $3 AS TEXT), n, 'EUR', 'pending', NULL, 1, $4 + n, $4 + n
  FROM numbers`;

/** Returns the path of a page of user 1, found through the links. */
export async function pagePath(
  page: number,
  get: (path: string) => Promise<Response>,
): Promise<string> {
  let path = `/orders?user_id=1&limit=${LIMIT}`;
  for (let at = 1; at < page; at += 1) {
    const response = await get(path);
    const next = /<([^>]+)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
    if (!next) throw new Error(`No page after page ${at}: ${response.status}`);
    path = next;
  }
  return path;
}
