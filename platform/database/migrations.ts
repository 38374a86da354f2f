/** The migrations that a database has, and whether a program can work with them. */
import { DatabaseError, type Migration, type Row, type Schema } from "./database.ts";

/**
 * Reads the applied migrations, for {@link schemaOf}. All columns, because the first version of the
 * table has no `admits_from`.
 */
export const APPLIED_MIGRATIONS = "SELECT * FROM schema_migrations";

export interface AppliedRow extends Row {
  version: number;
  name: string;
}

/** The table that records applied migrations. */
export const MIGRATIONS_TABLE = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at BIGINT NOT NULL,
    admits_from BIGINT
  )`;

const RECORD = `
  INSERT INTO schema_migrations (version, name, applied_at, admits_from)
  VALUES ($1, $2, $3, $4)`;

/** Returns the record of an applied migration, for programs that do not know it. */
export function recordOf({ version, name, admitsFrom = version }: Migration) {
  return { text: RECORD, values: [version, name, Date.now(), admitsFrom] };
}

/**
 * Compares the migrations of a program with those that a database has.
 *
 * @throws DatabaseError if the versions of the program do not increase, if the database has a
 *   migration that this program does not know and that
 *   does not admit it, or if it is another program's
 */
export function schemaOf(migrations: readonly Migration[], applied: readonly AppliedRow[]): Schema {
  const names = new Map(applied.map(({ version, name }) => [version, name]));
  const newest = Math.max(0, ...names.keys());
  const known = newestOf(migrations);
  for (const [index, { version, name }] of migrations.entries()) {
    const before = migrations[index - 1];
    if (before && before.version >= version) {
      throw new DatabaseError(
        `The program's list of migrations is wrong: ${version} ${name} comes after ` +
          `${before.version} ${before.name}. Give each a higher version than the one before it`,
      );
    }
    const recorded = names.get(version) ?? name;
    if (recorded !== name) {
      throw new DatabaseError(
        `The database is another program's: its migration ${version} is ${recorded}, not ${name}. ` +
          "Set DATABASE_URL to a database of this program's own",
      );
    }
  }
  const pending = migrations.filter(({ version }) => !names.has(version));
  for (const { version, admits_from } of applied) {
    const oldest = pending.length > 0 ? Infinity : Number(admits_from ?? version);
    if (version > known && oldest > known) {
      throw new DatabaseError(
        `The database is newer than this program: it is at migration ${newest}, the program knows ` +
          `${known}. Run the version of the program that made it, or a later one`,
      );
    }
  }
  return { version: newest, pending };
}

/** Returns the version of the schema that a program knows. */
export function newestOf(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.version ?? 0;
}

/** Names migrations in a line: `1 things, 2 idempotency_keys`. */
export function listed(migrations: readonly Migration[]): string {
  return migrations.map(({ version, name }) => `${version} ${name}`).join(", ");
}
