/** The schema that a service needs: applied at its start, or waited for. */
import {
  type Database,
  DatabaseUnavailable,
  type Migration,
  type Schema,
} from "../database/database.ts";
import { listed, newestOf } from "../database/migrations.ts";
import type { Log } from "../process/log.ts";

export interface SchemaOptions {
  migrations: readonly Migration[];
  log: Log;
}

/**
 * Applies pending migrations. Returns the database.
 *
 * @throws DatabaseError if that fails, or if the schema is not for this program
 */
export async function applySchema(
  database: Database,
  { migrations, log }: SchemaOptions,
): Promise<Database> {
  const applied = await database.migrate(migrations, (line) => log.info(line));
  for (const { version, name } of applied) log.info("applied migration", { version, name });
  tellIfNewer(await database.schema(migrations), { migrations, log });
  return database;
}

/**
 * Changes nothing. Returns the database, which is not ready until someone else has applied the
 * migrations: it looks again whenever it is asked.
 *
 * @throws DatabaseError if the schema is not for this program
 */
export async function awaitSchema(
  database: Database,
  { migrations, log }: SchemaOptions,
): Promise<Database> {
  /** Returns why the schema cannot be used yet, if so. */
  async function look(): Promise<string | undefined> {
    try {
      const schema = await database.schema(migrations);
      const { pending } = schema;
      if (pending.length > 0) {
        return `the schema lacks migration ${listed(pending)}: run the command migrate`;
      }
      tellIfNewer(schema, { migrations, log });
      return undefined;
    } catch (error) {
      if (error instanceof DatabaseUnavailable) return error.message;
      throw error;
    }
  }

  let missing = await look();
  if (missing !== undefined) log.warn("not ready", { reason: missing });
  return {
    ...database,
    async ping() {
      if (missing !== undefined) {
        const before = missing;
        const found = await look();
        if (missing === before && found !== before) {
          if (found === undefined) log.info("the schema is complete");
          else log.warn("not ready", { reason: found });
          missing = found;
        }
        if (found !== undefined) throw new DatabaseUnavailable(new Error(found));
      }
      await database.ping();
    },
  };
}

function tellIfNewer({ version }: Schema, { migrations, log }: SchemaOptions): void {
  const known = newestOf(migrations);
  if (version <= known) return;
  log.warn("the schema is newer than this program, and admits it", { schema: version, known });
}
