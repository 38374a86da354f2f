/** Databases of the trials. */
import type { Database, Migration, Statement } from "../../../platform/database/database.ts";
import { openPostgres } from "../../../platform/database/postgres.ts";

export const COUNTERS: Migration = {
  version: 1,
  name: "counters",
  sql: "CREATE TABLE counters (id TEXT NOT NULL PRIMARY KEY, count BIGINT NOT NULL)",
};

export const insert = (id: string): Statement => ({
  text: "INSERT INTO counters (id, count) VALUES ($1, 0)",
  values: [id],
});

export const add = (id: string): Statement => ({
  text: "UPDATE counters SET count = count + 1 WHERE id = $1",
  values: [id],
});

export async function countOf(database: Database, id: string) {
  const [row] = await database.read("SELECT count FROM counters WHERE id = $1", [id]);
  return row?.["count"];
}

/** Opens a database that closes after the trial, with the lines for its operator. */
export async function opened(url: string, options: { reread?: () => string } = {}) {
  const lines: string[] = [];
  const warn = (line: string) => void lines.push(line);
  const database = await openPostgres(url, { applicationName: "trials", ...options, warn });
  return { database, lines, [Symbol.asyncDispose]: () => database.close() };
}

/** The names of the prepared statements of a connection. */
export async function preparedBy(database: Database): Promise<number> {
  await database.read("SELECT CAST($1 AS TEXT) AS text", ["x"]);
  const text = "SELECT count(*) AS count FROM pg_prepared_statements";
  const [row] = await database.read(text, []);
  return Number(row?.["count"]);
}

export function errorOf(result: unknown): Promise<Error> {
  return Promise.resolve(result).then(
    () => new Error("It did not fail"),
    (error) => error,
  );
}
