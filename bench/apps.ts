/** The apps as their own `service.ts` makes them, on a database and a `fetch` of the bench's choice. */
import { service as ordersService } from "../orders/service.ts";
import type { App } from "../shared/command/service.ts";
import type { Database } from "../shared/database/database.ts";
import type { Fetch } from "../shared/http/call/client.ts";
import { readConfig } from "../shared/process/config.ts";
import { createLog } from "../shared/process/log.ts";
import { createMetrics } from "../shared/process/metrics.ts";
import { service as usersService } from "../users/service.ts";

export async function usersApp(database: Database): Promise<App> {
  await database.migrate(usersService.migrations);
  const config = readConfig(usersService.config, {});
  return usersService.createApp({ ...partsOf("users"), config, database, fetch });
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
    log: createLog({ service }),
    metrics: createMetrics(),
    draining: () => false,
    now: Date.now,
    peerOf: () => "",
  };
}
