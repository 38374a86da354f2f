import { composeApp } from "../shared/command/app.ts";
import { accessOf } from "../shared/command/protection.ts";
import type { Parts } from "../shared/command/service.ts";
import { createCreations } from "../shared/http/idempotency.ts";
import type { UsersConfig } from "./config.ts";
import { userRoutes } from "./routes.ts";
import { createUserStore } from "./store.ts";

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
    description: "Who can order.",
    routes,
  });
}
