/** The apps that each `service.ts` creates, with a database and a `fetch` of the benchmark. */
import { service as ordersService } from "../../orders/service.ts";
import type { Fetch } from "../../platform/call/client.ts";
import type { App } from "../../platform/command/service.ts";
import type { Database } from "../../platform/database/database.ts";
import { readConfig } from "../../platform/process/config.ts";
import { createLines } from "../../platform/process/lines.ts";
import { createLog } from "../../platform/process/log.ts";
import { createMetrics, type Metrics } from "../../platform/process/metrics.ts";
import { service as usersService } from "../../users/service.ts";

/** Log lines of the apps, in batches as in the services, written to /dev/null. */
const lines = createLines({ sink: Bun.file("/dev/null").writer() });

/** Writes the waiting lines, as the service does a hundred times per second. */
export const writeLines = lines.end;

/** Metrics that count nothing. */
export const uncounted: Metrics = {
  counter: () => () => {},
  gauge() {},
  total() {},
  histogram: () => () => () => {},
  atFirstReading() {},
  text: () => "",
};

export interface UsersOptions {
  /** Default: no variables */
  environment?: Record<string, string>;
  /** Default: counted, but not exposed */
  metrics?: Metrics;
}

export async function usersApp(
  database: Database,
  { environment = {}, metrics = createMetrics() }: UsersOptions = {},
): Promise<App> {
  await database.migrate(usersService.migrations);
  const config = readConfig(usersService.config, environment);
  return usersService.createApp({ ...partsOf("users"), config, database, metrics, fetch });
}

export interface OrdersOptions {
  usersUrl: string;
  /** How `users` is called. Default: over the network */
  fetch?: Fetch;
}

export async function ordersApp(
  database: Database,
  { usersUrl, fetch: ask = fetch }: OrdersOptions,
): Promise<App> {
  await database.migrate(ordersService.migrations);
  const config = readConfig(ordersService.config, { USERS_URL: usersUrl });
  return ordersService.createApp({ ...partsOf("orders"), config, database, fetch: ask });
}

function partsOf(service: string) {
  return {
    log: createLog({ service, ...lines }),
    metrics: createMetrics(),
    draining: () => false,
    now: Date.now,
    peerOf: () => "",
  };
}
