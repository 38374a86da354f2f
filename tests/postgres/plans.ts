/** `bun run postgres`: plans and the sweep on 300,000 real rows, on Debian's Postgres. */
import { expect, test } from "bun:test";

import { openPostgres } from "../../platform/database/postgres.ts";
import { KEY_LIFETIME_MS, sweepKeys } from "../../platform/http/idempotency.ts";
import { faultsIn, fill, play } from "../support/plans.ts";
import { resourcesOf } from "../support/resources.ts";
import { definitionOf } from "../support/services.ts";
import { startDebian, trials } from "./support/debian.ts";

const ROWS = 300_000;
/** Of the keys, which are one for each millisecond. */
const SWEPT = 50_000;

/** Without the keys of the requests that were played. */
const LEFT = "SELECT count(*) AS count FROM idempotency_keys WHERE created_at < $1";

const RESOURCES = (await resourcesOf()).map((one) => [one.table.name, one] as const);

trials("On 300,000 rows", () => {
  test.each(RESOURCES)(
    "every statement of %s uses an index, and none sorts",
    async (name, resource) => {
      const server = await startDebian();
      const { migrations } = await definitionOf(resource.service);
      const opened = await openPostgres(`${server.url}?statement_timeout_ms=600000`);
      await opened.migrate(migrations);
      const { recorded } = await play(resource, opened);
      await fill(opened, resource, ROWS);
      await opened.close();
      const database = await openPostgres(server.url);
      expect(await faultsIn(database, recorded)).toEqual([]);

      const startedAt = performance.now();
      await sweepKeys(database, KEY_LIFETIME_MS + SWEPT);
      const perThousandMs = (performance.now() - startedAt) / (SWEPT / 1_000);
      const [row] = await database.read(LEFT, [ROWS]);
      expect(row).toEqual({ count: ROWS - SWEPT });
      console.log(`swept keys of ${name}: ${perThousandMs.toFixed(1)} ms per 1,000 of ${ROWS}`);
      await database.close();
      await server.stop();
    },
  );
});
