/** Migrations on Postgres: under a lock, all or none. */
import type { SQL } from "bun";

import {
  APPLIED_MIGRATIONS,
  type AppliedRow,
  type Migration,
  MIGRATIONS_TABLE,
  pendingMigrations,
  RECORD_MIGRATION,
} from "./database.ts";
import { rows } from "./postgres-query.ts";

/** Replicas that start at the same time take turns at the migrations. Any fixed number works. */
const MIGRATION_LOCK = 7_302_011_604;

/** Applies pending migrations within this transaction, and returns them. */
export async function migrate(sql: SQL, migrations: readonly Migration[]): Promise<Migration[]> {
  // Other replicas and changes of large tables may take long.
  await sql.unsafe("SET LOCAL statement_timeout = 0");
  await sql.unsafe("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
  await sql.unsafe(MIGRATIONS_TABLE);
  const applied = await rows<AppliedRow>(sql, { text: APPLIED_MIGRATIONS, values: [] });
  const pending = pendingMigrations(migrations, applied);
  for (const { version, name, sql: text } of pending) {
    await sql.unsafe(text);
    await sql.unsafe(RECORD_MIGRATION, [version, name, Date.now()]);
  }
  return pending;
}
