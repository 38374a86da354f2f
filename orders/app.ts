import { composeApp } from "../shared/command/app.ts";
import type { Parts } from "../shared/command/service.ts";
import { createCreations } from "../shared/http/idempotency.ts";
import type { OrdersConfig } from "./config.ts";
import { orderRoutes } from "./routes.ts";
import { createOrderStore } from "./store.ts";
import { createUsersClient } from "./users-client.ts";

export function createApp({ config, database, now, fetch, ...parts }: Parts<OrdersConfig>) {
  const { USERS_URL: baseUrl, USERS_TIMEOUT_MS: timeoutMs, MAX_BODY_BYTES: maxBodyBytes } = config;
  const users = createUsersClient({ baseUrl, timeoutMs, fetch });
  const store = createOrderStore(database);
  const creations = createCreations({ database, now });
  const routes = orderRoutes({ store, creations, users, maxBodyBytes, now });

  return composeApp({
    ...parts,
    config,
    database,
    title: "orders",
    description: "What users order.",
    routes,
    degradable: { users: users.ping },
  });
}
