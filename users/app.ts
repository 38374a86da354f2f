import { defaultUrlOf } from "../services.ts";
import { composeApp } from "../shared/command/app.ts";
import { accessOf } from "../shared/command/protection.ts";
import type { Parts } from "../shared/command/service.ts";
import { createCreations } from "../shared/http/idempotency.ts";
import type { UsersConfig } from "./config.ts";
import { userRoutes } from "./routes.ts";
import { createUserStore } from "./store.ts";

const DESCRIPTION = `
The users of the shop: the people who can place orders. Create, read, update and delete them here.

\`\`\`sh
curl ${defaultUrlOf("users")}/users -H 'Content-Type: application/json' \\
  -d '{"name": "Carol", "email": "carol@example.com"}'
\`\`\`
`.trim();

export function createApp({ config, database, now, ...parts }: Parts<UsersConfig>) {
  const access = accessOf("users", config);
  const store = createUserStore(database);
  const creations = createCreations({ database, now });
  const routes = userRoutes({ store, creations, access, maxBodyBytes: config.MAX_BODY_BYTES, now });

  return composeApp({
    ...parts,
    config,
    database,
    now,
    title: "users",
    description: DESCRIPTION,
    routes,
  });
}
