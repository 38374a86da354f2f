/**
 * The parts that every app has around its routes. How Elysia behaves, as far as the order and the
 * form of these parts depend on it:
 *
 * - A hook applies only to routes and plugins that are added after it.
 * - `wrap` goes around the whole app, hooks included. The last `wrap` is the outermost. An error
 *   thrown in a `wrap` skips `onError`; `observe` turns it into a response.
 * - It decides from the source text of a handler whether to await it; see `at-once.ts`.
 * - It treats a path with a trailing slash as the same path without it.
 */
import { type AnyElysia, Elysia } from "elysia";

import { createHostCheck } from "../http/allowed-hosts.ts";
import { createBodyBudget } from "../http/body-budget.ts";
import { createCreator } from "../http/created.ts";
import { entrance } from "../http/entrance.ts";
import { gate } from "../http/gate.ts";
import { health, type HealthOptions } from "../http/health.ts";
import { createCreations } from "../http/idempotency.ts";
import { allMethods } from "../http/methods.ts";
import { observe } from "../http/observe.ts";
import { failing, problems } from "../http/problem.ts";
import { ADMIN, type Needs, needsOf, OPEN } from "../http/security.ts";
import { type Scopes, scopesOf } from "../identity/scopes.ts";
import { docs } from "../openapi/docs.ts";
import type { Family } from "../process/family.ts";
import { checkedRoutes } from "../resources/checked-routes.ts";
import { complete } from "../resources/complete.ts";
import { accessOf, guardsOf, protectionOf } from "./protection.ts";
import type { App, Parts, ServiceConfig } from "./service.ts";

/** The routes for those who operate the service. */
const OPERATIONAL = ["/health/live", "/health/ready", "/metrics"];

export interface AppOptions extends Parts<ServiceConfig> {
  /** All services, this one included: callers may have their scopes. */
  family: Family;
  /** The schemas of the contract, by name. */
  contract: Readonly<Record<string, unknown>>;
  /** In Markdown, for the OpenAPI document. */
  description: string;
  routes: AnyElysia;
  /**
   * Dependencies that the service can be ready without, each with its health check. Default: none
   */
  degradable?: NonNullable<HealthOptions["degradable"]>;
}

/** Returns the app without a server: `app.handle` responds to requests. */
export async function composeApp(
  name: string,
  { family, contract, description, routes: declared, degradable = {}, ...parts }: AppOptions,
): Promise<App> {
  const { config, database, now, log, metrics, tracer, draining, peerOf } = parts;
  const access = accessOf(config);
  const create = createCreator(createCreations({ database, now }), access.keyOwner);
  const scopes = scopesOf(family);
  const maxBodyBytes = config.MAX_BODY_BYTES;
  // A plugin of the routes may still be loading.
  await declared.modules;
  const withTokens = config.AUTH === "on";
  const routes = complete(declared, { maxBodyBytes, withTokens, taken: OPERATIONAL });
  requireKnown(scopes, needsOf(routes));
  const paths = [...routes.routes.map(({ path }) => path), ...OPERATIONAL];
  const hostCheck = createHostCheck(config);
  const inFlightMax = config.MAX_IN_FLIGHT;
  const bodies = createBodyBudget({ maxBodyBytes, inFlightMax, peerOf, log });
  const { limits, cors, admission, needed, logFailure } = await protectionOf({
    name,
    family,
    ...parts,
    app: () => app,
  });
  const metricsFor = config.METRICS === "admin" ? ADMIN : OPEN;
  const nothing = new Elysia();
  const { LOG_REQUESTS: logRequests } = config;

  const app: App = // A host may have a name of one letter, where Elysia expects four characters.
    new Elysia({ normalize: false, handler: { standardHostname: false } })
      // For the order see above.
      .use(problems(log, logFailure))
      .use(gate(limits))
      .use(entrance({ hostCheck, bodies }))
      .use(cors ?? nothing)
      .use(admission?.plugin ?? nothing)
      .use(observe({ log, logFailure, logRequests, metrics, tracer, paths, draining, metricsFor }))
      .use(
        config.DOCS === "on"
          ? docs({ title: name, description, routes, contract, guards: guardsOf(config, scopes) })
          : nothing,
      )
      .use(health({ database, draining, log, needed, degradable }))
      .use(
        checkedRoutes(routes, {
          realm: name,
          access,
          create,
          fail: failing(log, logFailure),
          beforeBody: admission?.admit,
        }),
      )
      .use(allMethods);
  return app;
}

/** @throws Error for a route that needs a scope which no service has: nobody could use it */
function requireKnown(scopes: Scopes, needs: Needs): void {
  for (const [route, needed = []] of needs) {
    const unknown = needed.find((scope) => !Object.hasOwn(scopes, scope));
    if (unknown) throw new Error(`${route} needs ${unknown}, which no service has`);
  }
}
