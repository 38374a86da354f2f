import { composeApp } from "../shared/command/app.ts";
import type { Parts } from "../shared/command/service.ts";
import { createCreations } from "../shared/http/idempotency.ts";
import { createMetrics } from "../shared/http/metrics.ts";
import { callSettingsOf } from "../shared/process/call-config.ts";
import type { OrdersConfig } from "./config.ts";
import { orderRoutes } from "./routes.ts";
import { createOrderStore } from "./store.ts";
import { createUsersClient } from "./users-client.ts";

export function createApp({ config, database, now, fetch, log, ...parts }: Parts<OrdersConfig>) {
  const metrics = createMetrics();
  const settings = callSettingsOf("users", config);
  const users = createUsersClient({ ...settings, fetch, log, metrics });
  const store = createOrderStore(database);
  const creations = createCreations({ database, now });
  const maxBodyBytes = config.MAX_BODY_BYTES;
  const routes = orderRoutes({ store, creations, users, maxBodyBytes, now });

  return composeApp({
    ...parts,
    config,
    database,
    log,
    metrics,
    title: "orders",
    description: "What users order.",
    routes,
    degradable: { users: users.ping },
  });
}
