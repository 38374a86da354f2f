import { composeApp, type Parts, serviceClient } from "../platform/index.ts";
import { defaultUrlOf, SERVICES } from "../services.ts";
import * as contract from "../shared/types.ts";
import type { OrdersConfig } from "./config.ts";
import { orderRoutes } from "./routes.ts";
import { createOrderStore } from "./store.ts";

const DESCRIPTION = `
The orders of users, from pending to delivered. Create orders, read them and change their status here.

\`\`\`sh
curl ${defaultUrlOf("orders")}/orders -H 'Content-Type: application/json' \\
  -d '{"user_id": "2", "amount": 12.5}'
\`\`\`
`.trim();

export async function createApp(parts: Parts<OrdersConfig>) {
  const store = createOrderStore(parts.database, parts.now);
  const users = await serviceClient("users", contract.User, { by: "orders", ...parts });
  return composeApp("orders", {
    ...parts,
    family: SERVICES,
    contract,
    description: DESCRIPTION,
    routes: orderRoutes(store, users),
    degradable: { users: users.ping },
  });
}
