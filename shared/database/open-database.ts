/** From a URL to one of the two engines. */
import { ConfigError } from "../process/config.ts";
import type { Database } from "./database.ts";

/**
 * Opens the database at `sqlite://path`, `sqlite://:memory:` or `postgres://...`. Of the engines only
 * the one that is used is loaded. What else a URL of Postgres may say is told in `postgres.ts`.
 *
 * @throws ConfigError for another URL
 * @throws DatabaseError with a sentence for the operator if the database cannot be used
 */
export async function openDatabase(url: string): Promise<Database> {
  if (url.startsWith("sqlite://")) {
    const { openSqlite } = await import("./sqlite.ts");
    return openSqlite(url.slice("sqlite://".length));
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgres } = await import("./postgres.ts");
    return openPostgres(url);
  }
  throw new ConfigError(
    "DATABASE_URL: expected sqlite://path or postgres://user:password@host/name",
  );
}
