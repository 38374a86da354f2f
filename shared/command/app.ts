/** What every app has in common, around the routes of its own. */
import { Elysia } from "elysia";

import { createHostCheck } from "../http/allowed-hosts.ts";
import { respondingAtOnce } from "../http/at-once.ts";
import { ADMIN, OPEN } from "../http/auth/access.ts";
import { createBodyBudget } from "../http/body-budget.ts";
import { entrance } from "../http/entrance.ts";
import { gate } from "../http/gate.ts";
import { health, type HealthOptions } from "../http/health.ts";
import { allMethods } from "../http/methods.ts";
import { observe } from "../http/observe.ts";
import { failing, problems } from "../http/problem.ts";
import { docs, type DocsOptions } from "../openapi/docs.ts";
import { guardsOf, protectionOf } from "./protection.ts";
import type { App, Parts, ServiceConfig } from "./service.ts";

/** What is asked by those who run the service. */
const OPERATIONAL = ["/health/live", "/health/ready", "/metrics"];

export interface AppOptions
  extends Omit<DocsOptions, "guards">, Omit<Parts<ServiceConfig>, "fetch"> {
  /** What the service can do without for a while, with how to ask whether it is there. Default: nothing */
  degradable?: NonNullable<HealthOptions["degradable"]>;
}

/** Returns the service without a server: `app.handle` responds to requests. */
export async function composeApp({
  title: name,
  description,
  routes,
  degradable = {},
  ...parts
}: AppOptions): Promise<App> {
  const { config, database, log, metrics, tracer, draining, peerOf } = parts;
  const paths = [...routes.routes.map(({ path }) => path), ...OPERATIONAL];
  const hostCheck = createHostCheck(config);
  const bodies = createBodyBudget({ maxBodyBytes: config.MAX_BODY_BYTES, peerOf, log });
  const { limits, cors, admission, needed } = await protectionOf({
    name,
    ...parts,
    app: () => app,
  });
  const metricsFor = config.METRICS === "admin" ? ADMIN : OPEN;
  const nothing = new Elysia();
  const { LOG_REQUESTS: logRequests } = config;

  const app: App = // A host may have a name of one letter, where Elysia expects four characters.
    new Elysia({ normalize: false, handler: { standardHostname: false } })
      // Hooks hold for what comes after them, so these are first; the last that is around is outermost.
      .use(problems(log))
      .use(gate(limits))
      .use(entrance({ hostCheck, bodies }))
      .use(cors ?? nothing)
      .use(admission?.plugin ?? nothing)
      .use(observe({ log, logRequests, metrics, tracer, paths, draining, metricsFor }))
      .use(
        config.DOCS === "on"
          ? docs({ title: name, description, routes, guards: guardsOf(config) })
          : nothing,
      )
      .use(health({ database, draining, log, needed, degradable }))
      .use(respondingAtOnce(routes, { fail: failing(log), beforeBody: admission?.admit }))
      .use(allMethods);
  return app;
}
