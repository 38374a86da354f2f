import { composeApp } from "../shared/command/app.ts";
import { accessOf, ownTokenOf } from "../shared/command/protection.ts";
import type { Parts } from "../shared/command/service.ts";
import { createCreations } from "../shared/http/idempotency.ts";
import { callSettingsOf } from "../shared/process/call-config.ts";
import type { OrdersConfig } from "./config.ts";
import { orderRoutes } from "./routes.ts";
import { createOrderStore } from "./store.ts";
import { createUsersClient } from "./users-client.ts";

/** What `orders` needs of `users`, and no more: any user, by id. */
const SCOPE = "users:read users:read:any";

export async function createApp({ fetch, ...parts }: Parts<OrdersConfig>) {
  const { config, database, now, log, metrics, tracer } = parts;
  const access = accessOf("orders", config);
  const own = { name: "orders", config, file: config.USERS_TOKEN_FILE, scope: SCOPE };
  const token = await ownTokenOf(own);
  const users = createUsersClient({
    ...callSettingsOf("users", config),
    token,
    fetch,
    log,
    metrics,
    tracer,
  });
  const store = createOrderStore(database);
  const creations = createCreations({ database, now });
  const maxBodyBytes = config.MAX_BODY_BYTES;
  const routes = orderRoutes({ store, creations, users, access, maxBodyBytes, now });

  return composeApp({
    ...parts,
    title: "orders",
    description: "What users order.",
    routes,
    degradable: { users: users.ping },
  });
}
