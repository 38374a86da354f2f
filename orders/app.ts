import { Elysia } from "elysia";

import type { Database } from "../shared/database/database.ts";
import { health } from "../shared/http/health.ts";
import { createCreations } from "../shared/http/idempotency.ts";
import { allMethods } from "../shared/http/methods.ts";
import { observe } from "../shared/http/observe.ts";
import { problems } from "../shared/http/problem.ts";
import { docs } from "../shared/openapi/docs.ts";
import type { Log } from "../shared/process/log.ts";
import { orderRoutes } from "./routes.ts";
import { createOrderStore } from "./store.ts";
import type { UsersClient } from "./users-client.ts";

export interface OrdersAppOptions {
  database: Database;
  log: Log;
  /** How to ask the `users` service. */
  users: UsersClient;
  /** The largest body accepted. Default: 65536 */
  maxBodyBytes?: number;
  /** Milliseconds since 1970. Default: `Date.now` */
  now?: () => number;
  /** Whether the service is about to end. Default: never */
  draining?: () => boolean;
}

/** The service without a server: `app.handle` answers requests. */
export function createApp({
  database,
  log,
  users,
  maxBodyBytes = 65_536,
  now = Date.now,
  draining = () => false,
}: OrdersAppOptions) {
  const store = createOrderStore(database);
  const creations = createCreations({ database, now });
  const routes = orderRoutes({ store, creations, users, maxBodyBytes, now });
  const paths = routes.routes.map(({ path }) => path);

  return (
    // A host may have a name of one letter, where Elysia expects four characters.
    new Elysia({ normalize: false, handler: { standardHostname: false } })
      // Hooks hold for what comes after them, so these two are first.
      .use(problems(log))
      .use(observe({ log, paths, draining }))
      .use(docs({ title: "orders", description: "What users order.", routes }))
      .use(health({ database, draining, log, degradable: { users: users.ping } }))
      .use(routes)
      .use(allMethods)
  );
}
