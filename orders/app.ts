import { defaultUrlOf } from "../services.ts";
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

const DESCRIPTION = `
The orders of users, from pending to delivered. Create orders, read them and change their status here.

\`\`\`sh
curl ${defaultUrlOf("orders")}/orders -H 'Content-Type: application/json' \\
  -d '{"user_id": "1", "amount": 12.5}'
\`\`\`
`.trim();

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
    description: DESCRIPTION,
    routes,
    degradable: { users: users.ping },
  });
}
