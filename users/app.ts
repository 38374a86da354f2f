import { composeApp, type Parts } from "../platform/index.ts";
import { defaultUrlOf, SERVICES } from "../services.ts";
import * as contract from "../shared/types.ts";
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

export function createApp(parts: Parts<UsersConfig>) {
  const store = createUserStore(parts.database, parts.now);
  return composeApp("users", {
    ...parts,
    family: SERVICES,
    contract,
    description: DESCRIPTION,
    routes: userRoutes(store),
  });
}
