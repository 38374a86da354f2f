import { Elysia } from "elysia";

import type { Database } from "../shared/database/database.ts";
import { health } from "../shared/http/health.ts";
import { createCreations } from "../shared/http/idempotency.ts";
import { allMethods } from "../shared/http/methods.ts";
import { observe } from "../shared/http/observe.ts";
import { problems } from "../shared/http/problem.ts";
import { docs } from "../shared/openapi/docs.ts";
import type { Log } from "../shared/process/log.ts";
import { userRoutes } from "./routes.ts";
import { createUserStore } from "./store.ts";

export interface UsersAppOptions {
  database: Database;
  log: Log;
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
  maxBodyBytes = 65_536,
  now = Date.now,
  draining = () => false,
}: UsersAppOptions) {
  const store = createUserStore(database);
  const creations = createCreations({ database, now });
  const routes = userRoutes({ store, creations, maxBodyBytes, now });
  const paths = routes.routes.map(({ path }) => path);

  return (
    // A host may have a name of one letter, where Elysia expects four characters.
    new Elysia({ normalize: false, handler: { standardHostname: false } })
      // Hooks hold for what comes after them, so these two are first.
      .use(problems(log))
      .use(observe({ log, paths, draining }))
      .use(docs({ title: "users", description: "Who can order.", routes }))
      .use(health({ database, draining, log }))
      .use(routes)
      .use(allMethods)
  );
}
