/** An app around routes, as every service has it, with an empty database. */
import type { AnyElysia } from "elysia";

import { composeApp } from "../command/app.ts";
import * as schemas from "../contract/schemas.ts";
import type { Database } from "../database/database.ts";
import { openSqlite } from "../database/sqlite.ts";
import { readConfig } from "../process/config.ts";
import { createLog } from "../process/log.ts";
import { createMetrics } from "../process/metrics.ts";
import { FAMILY, ThingsConfig } from "./family.ts";

export interface AppOfOptions {
  /** Variables of the service. Default: none */
  environment?: Record<string, string>;
  /** The schemas of the routes, with a `$id`, beside those that every service has. Default: none */
  contract?: Record<string, unknown>;
  /** Default: an empty one */
  database?: Database;
}

/** Returns the app of `things` with these routes, its metrics, and the lines of its log. */
export async function appOf(
  routes: AnyElysia,
  { environment = {}, contract = {}, database }: AppOfOptions = {},
) {
  const lines: Record<string, any>[] = [];
  const log = createLog({ service: "things", write: (line) => void lines.push(JSON.parse(line)) });
  const metrics = createMetrics();
  const app = await composeApp("things", {
    family: FAMILY,
    contract: { ...schemas, ...contract },
    routes,
    log,
    description: "Things, for the tests.",
    config: readConfig(ThingsConfig, environment),
    database: database ?? (await openSqlite(":memory:")),
    metrics,
    now: Date.now,
    fetch,
    draining: () => false,
    peerOf: () => "",
  });
  return {
    ...app,
    fetch: (request: Request) => app.fetch(request),
    handle: (request: Request) => app.handle(request),
    metrics,
    lines,
  };
}
