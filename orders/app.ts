import { composeApp, type Parts, serviceClient } from "../platform/index.ts";
import { User } from "../shared/types.ts";
import type { OrdersConfig } from "./config.ts";
import { orderRoutes } from "./routes.ts";
import { createOrderStore } from "./store.ts";

const DESCRIPTION = `
The orders of users, from pending to delivered. Create orders, read them and change their status here.

\`\`\`sh
curl {url}/orders -H 'Content-Type: application/json' \\
  -d '{"user_id": "1", "amount": 12.5}'
\`\`\`
`.trim();

export async function createApp(parts: Parts<OrdersConfig>) {
  const store = createOrderStore(parts.database, parts.now);
  const users = await serviceClient("users", User, { by: "orders", ...parts });
  return composeApp("orders", {
    ...parts,
    description: DESCRIPTION,
    routes: orderRoutes(store, users),
    degradable: { users: users.ping },
  });
}
