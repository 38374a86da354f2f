/**
 * The plan of every statement that the services send, on both engines, as if their tables had
 * millions of rows. `bun run postgres` does the same with real ones.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { SQL } from "bun";

import type { Database } from "../platform/database/database.ts";
import { ENGINE_TIMEOUT_MS, ENGINES, freshDatabase } from "./support/engines.ts";
import { faultsIn, fill, play } from "./support/plans.ts";
import { sharedUrl } from "./support/postgres.ts";
import { resourcesOf } from "./support/resources.ts";
import { definitionOf } from "./support/services.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const ROWS = 20_000;
/** The planner is told that there are so many times more: ten million. */
const FACTOR = 500;

async function pretend(url: string): Promise<void> {
  await using administrator = new SQL(await sharedUrl(), { max: 1 });
  await administrator.unsafe(
    `UPDATE pg_class SET reltuples = reltuples * ${FACTOR} ` +
      `WHERE relnamespace = '${new URL(url).username}'::regnamespace AND reltuples > 0`,
  );
}

const RESOURCES = (await resourcesOf()).map((one) => [one.table.name, one] as const);

describe.each(ENGINES)("On %s", (engine) => {
  test.each(RESOURCES)(
    "every statement of %s uses an index, and none sorts",
    async (_, resource) => {
      const { migrations } = await definitionOf(resource.service);
      await using fresh = await freshDatabase(engine, migrations);
      const { database } = fresh;
      const { routes, requested, recorded } = await play(resource, database);
      expect(requested.toSorted()).toEqual(routes.toSorted());
      // Of the keys: to find, to record, to sweep.
      expect(Array.from(recorded.keys()).filter((text) => text.includes("keys"))).toHaveLength(3);
      await fill(database, resource, ROWS);
      if (engine === "postgres") await pretend(fresh.url);
      expect(await faultsIn(database, recorded)).toEqual([]);
    },
  );

  test("a scan and a sort would be found", async () => {
    const [[table, resource] = expect.unreachable()] = RESOURCES;
    const { migrations, seed } = await definitionOf(resource.service);
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    await seed(database, {}, { progress() {} });
    await fill(database, resource, ROWS);
    if (engine === "postgres") await pretend(fresh.url);
    const faults = await faultsOf(database, [
      `SELECT id FROM ${table} WHERE revision = $1`,
      `SELECT id FROM ${table} WHERE id BETWEEN $1 AND $1 ORDER BY revision, version`,
      `SELECT count(id) AS count FROM ${table} WHERE id <> $1`,
      `DELETE FROM ${table} WHERE id > $1 OR revision = $1`,
    ]);
    expect(faults.map((fault) => fault.split(" in ")[0])).toEqual([
      "a scan of a table",
      "a sort",
      "a scan of an index",
      "a scan of a table",
    ]);
  });
});

const faultsOf = (database: Database, texts: readonly string[]) =>
  faultsIn(database, new Map(texts.map((text) => [text, ["x"]])));
