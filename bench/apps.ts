/** The apps as their own `service.ts` makes them, on a database and a `fetch` of the bench's choice. */
import { service as ordersService } from "../orders/service.ts";
import type { App } from "../shared/command/service.ts";
import type { Database } from "../shared/database/database.ts";
import type { Fetch } from "../shared/http/call/client.ts";
import { readConfig } from "../shared/process/config.ts";
import { createLines } from "../shared/process/lines.ts";
import { createLog } from "../shared/process/log.ts";
import { createMetrics, type Metrics } from "../shared/process/metrics.ts";
import { service as usersService } from "../users/service.ts";

/** The lines of the apps, in batches as those of the services, and to where they are no trouble. */
const lines = createLines({ sink: Bun.file("/dev/null").writer() });

/** Writes what waits, as the service does a hundred times a second. */
export const writeLines = lines.end;

/** Counts nothing. */
export const uncounted: Metrics = {
  counter: () => () => {},
  gauge() {},
  total() {},
  histogram: () => () => () => {},
  text: () => "",
};

export interface UsersOptions {
  /** Default: that of a service that is told nothing */
  environment?: Record<string, string>;
  /** Default: counted, and shown to nobody */
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
  /** How `users` is asked. Default: over the network */
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
    log: createLog({ service, write: lines.write }),
    metrics: createMetrics(),
    draining: () => false,
    now: Date.now,
    peerOf: () => "",
  };
}
