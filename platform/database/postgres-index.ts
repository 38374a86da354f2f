/** An index that Postgres builds while others read and write its table. */
import type { SQL } from "bun";

import type { Migration, Row } from "./database.ts";
import { rows } from "./postgres-query.ts";

/** One statement, after comments. */
const CREATE_INDEX =
  /^(?:\s*--.*\n)*\s*(CREATE (?:UNIQUE )?INDEX) (\w+)\s+ON (\w+)\s([^;]*);?\s*$/i;

/**
 * Of another process: this one is gone, or lost its connection, and the server has not noticed. One
 * more build, or the end of what this one left, would wait for it and could end both.
 */
const IN_PROGRESS = `
  SELECT 1 AS found FROM pg_stat_progress_create_index WHERE relid = to_regclass($1)`;

const STATE = "SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)";

/**
 * Builds the index of a migration with `concurrently`, on a connection that has no transaction.
 * What an interrupted build left is replaced; an index that is complete is kept.
 *
 * @param sql has one connection
 * @returns whether it is complete; not so while another process builds an index of the table
 */
export async function buildIndex(sql: SQL, migration: Migration): Promise<boolean> {
  const { create, index, table, rest } = indexIn(migration);
  const ask = async (text: string, name: string): Promise<Row | undefined> =>
    (await rows(sql, { text, values: [name] }))[0];
  if (await ask(IN_PROGRESS, table)) return false;
  const state = await ask(STATE, index);
  if (state?.["valid"]) return true;
  // No query uses an index that is not complete, but each write costs more.
  if (state) await sql.unsafe(`DROP INDEX CONCURRENTLY ${index}`).simple();
  await sql.unsafe(`${create} CONCURRENTLY ${index} ON ${table} ${rest}`).simple();
  return true;
}

function indexIn({ version, name, sql }: Migration) {
  const [, create, index, table, rest] = CREATE_INDEX.exec(sql) ?? [];
  if (create === undefined || index === undefined || table === undefined || rest === undefined) {
    throw new Error(`Migration ${version} ${name} is not one CREATE INDEX, so not concurrent`);
  }
  return { create, index, table, rest };
}
