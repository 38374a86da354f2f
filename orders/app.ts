import { composeApp } from "../platform/command/app.ts";
import { callOptionsOf } from "../platform/command/protection.ts";
import type { Parts } from "../platform/command/service.ts";
import { defaultUrlOf, SERVICES } from "../services.ts";
import * as contract from "../shared/types.ts";
import type { OrdersConfig } from "./config.ts";
import { orderRoutes } from "./routes.ts";
import { createOrderStore } from "./store.ts";
import { createUsersClient } from "./users-client.ts";

const DESCRIPTION = `
The orders of users, from pending to delivered. Create orders, read them and change their status here.

\`\`\`sh
curl ${defaultUrlOf("orders")}/orders -H 'Content-Type: application/json' \\
  -d '{"user_id": "1", "amount": 12.5}'
\`\`\`
`.trim();

export async function createApp(parts: Parts<OrdersConfig>) {
  const store = createOrderStore(parts.database);
  const users = createUsersClient(await callOptionsOf("users", { by: "orders", ...parts }));

  return composeApp("orders", {
    ...parts,
    family: SERVICES,
    contract,
    description: DESCRIPTION,
    routes: (common) => orderRoutes({ ...common, store, users }),
    degradable: { users: users.ping },
  });
}
