/** Statements and units on a connection of Bun's client, each in one round trip. */
import type { SQL } from "bun";

import type { Row, Statement } from "./database.ts";

const BIGINT = 20;

/**
 * Bun returns BIGINT as text. Ours are counts, hundredths and milliseconds, which fit in a number.
 */
export async function rows<R extends Row>(sql: SQL, { text, values }: Statement): Promise<R[]> {
  const result = await sql.unsafe<Row[]>(text, [...values]).execute();
  for (const { name, type } of result.columns ?? []) {
    if (type !== BIGINT) continue;
    for (const row of result) row[name] = row[name] === null ? null : Number(row[name]);
  }
  return [...result] as R[];
}

/**
 * Sends all statements at once: one round trip. After a failed statement the server rejects the
 * rest and treats COMMIT as ROLLBACK. Bun sends a query on `execute`, not when it is created:
 * without `execute` the BEGIN would be sent last.
 */
export async function transaction<R extends Row>(
  sql: SQL,
  unit: readonly Statement[],
  end: "COMMIT" | "ROLLBACK" = "COMMIT",
): Promise<R[][]> {
  const begun = sql.unsafe("BEGIN", []).execute();
  const results = unit.map((statement) => rows<R>(sql, statement));
  const ended = sql.unsafe(end, []).execute();
  const outcomes = await Promise.allSettled([begun, ...results, ended]);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  return Promise.all(results);
}
