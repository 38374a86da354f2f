/** Both engines, for tests that run on each. */
import { expect } from "bun:test";
import { join } from "node:path";

import type {
  Database,
  Migration,
  Row,
  Statement,
  Value,
} from "../../platform/database/database.ts";
import { openDatabase } from "../../platform/database/open-database.ts";
import { temporaryFolder } from "./folders.ts";
import { createDatabase } from "./postgres.ts";

export const ENGINES = ["sqlite", "postgres"] as const;

/** For `setDefaultTimeout`: the first test on Postgres starts it, slowly on a loaded machine. */
export const ENGINE_TIMEOUT_MS = 60_000;
export type Engine = (typeof ENGINES)[number];

/** The URL of an empty database, removed after the test. */
export async function freshUrl(engine: Engine): Promise<AsyncDisposable & { url: string }> {
  if (engine === "postgres") return createDatabase();
  const folder = temporaryFolder();
  return {
    url: `sqlite://${join(folder.path, "test.db")}`,
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]();
    },
  };
}

/** A migrated database, removed after the test, and further connections to it. */
export async function freshDatabase(engine: Engine, migrations: readonly Migration[]) {
  const { url, [Symbol.asyncDispose]: remove } = await freshUrl(engine);
  const opened: Database[] = [];
  async function another(): Promise<Database> {
    const database = await openDatabase(url);
    opened.push(database);
    return database;
  }
  const database = await another();
  await database.migrate(migrations);
  return {
    url,
    database,
    /** Opens the database again, as another process would. */
    another,
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one.close();
      await remove();
    },
  };
}

/**
 * Collects query plans instead of rows, and checks that a read is not compiled each time:
 * https://www.sqlite.org/eqp.html, and EXPLAIN of a prepared statement on Postgres, which shows the
 * plan for all values, or for those that it is executed with.
 */
export function explaining(
  database: Database,
  plans: string[],
  mode: "generic" | "custom" = "generic",
): Database {
  return {
    ...database,
    async read<R extends Row>(text: string, values: readonly Value[]): Promise<R[]> {
      // See `Database.read`.
      if (/ORDER BY|LIMIT/.test(text)) expect(text).not.toMatch(/(?:=|LIMIT) \$\d/);
      plans.push(await explain(database, { text, values }, mode));
      return [];
    },
  };
}

/** Returns the plan of a statement, without executing it. */
export async function explain(
  database: Database,
  { text, values }: Statement,
  mode: "generic" | "custom" = "generic",
): Promise<string> {
  if (database.engine === "sqlite") {
    const rows = await database.read(`EXPLAIN QUERY PLAN ${text}`, values);
    return rows.map((row) => row["detail"]).join("\n");
  }
  const literals = values.map((value) =>
    typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value),
  );
  const parameters = values.length > 0 ? `(${literals.join(", ")})` : "";
  const unit = [
    `SET LOCAL plan_cache_mode = force_${mode}_plan`,
    `PREPARE explained AS ${text}`,
    `EXPLAIN EXECUTE explained${parameters}`,
    "DEALLOCATE explained",
  ];
  const [, , rows = []] = await database.write(unit.map((sql) => ({ text: sql, values: [] })));
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}
