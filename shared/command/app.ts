/** What every app has in common, around the routes of its own. */
import { Elysia } from "elysia";

import { createHostCheck } from "../http/allowed-hosts.ts";
import { respondingAtOnce } from "../http/at-once.ts";
import { createBodyBudget } from "../http/body-budget.ts";
import { entrance } from "../http/entrance.ts";
import { health, type HealthOptions } from "../http/health.ts";
import { allMethods } from "../http/methods.ts";
import { createMetrics, type Metrics } from "../http/metrics.ts";
import { observe } from "../http/observe.ts";
import { failing, problems } from "../http/problem.ts";
import { docs, type DocsOptions } from "../openapi/docs.ts";
import type { App, Parts, ServiceConfig } from "./service.ts";

export interface AppOptions extends DocsOptions, Omit<Parts<ServiceConfig>, "now" | "fetch"> {
  /** What the service can do without for a while, with how to ask whether it is there. Default: nothing */
  degradable?: NonNullable<HealthOptions["degradable"]>;
  /** What the service counts itself. Default: nothing */
  metrics?: Metrics;
}

/** Returns the service without a server: `app.handle` responds to requests. */
export function composeApp({
  config,
  database,
  log,
  draining,
  peerOf,
  title,
  description,
  routes,
  degradable = {},
  metrics = createMetrics(),
}: AppOptions): App {
  const paths = routes.routes.map(({ path }) => path);
  const hostCheck = createHostCheck(config);
  const bodies = createBodyBudget({ maxBodyBytes: config.MAX_BODY_BYTES, peerOf, log });
  return (
    // A host may have a name of one letter, where Elysia expects four characters.
    new Elysia({ normalize: false, handler: { standardHostname: false } })
      // Hooks hold for what comes after them, so these are first; the last that is around is outermost.
      .use(problems(log))
      .use(entrance({ hostCheck, bodies }))
      .use(observe({ log, paths, draining, metrics }))
      .use(docs({ title, description, routes }))
      .use(health({ database, draining, log, degradable }))
      .use(respondingAtOnce(routes, failing(log)))
      .use(allMethods)
  );
}
