/** The app of a service: its routes, and the way of a request to them. */
import { type AnyElysia, Elysia } from "elysia";

import { admit } from "../http/admit/admit.ts";
import { stripped } from "../http/base-path.ts";
import { health, type HealthOptions } from "../http/health.ts";
import { createCreations } from "../http/idempotency.ts";
import { observe } from "../http/observe.ts";
import { OPERATIONAL, scraping } from "../http/operational.ts";
import { createRender, standard } from "../http/problem.ts";
import { allMethods } from "../http/routes.ts";
import { ADMIN, needsOf, OPEN } from "../http/security.ts";
import { createAuthorization, noAuthorization } from "../identity/authorize.ts";
import { type Scopes, scopesOf, unusedScopesOf } from "../identity/scopes.ts";
import { docs } from "../openapi/docs.ts";
import { hidesOneOf, ROUTE_HIDDEN } from "../process/base-path.ts";
import { ConfigError } from "../process/config.ts";
import { linksIn } from "../process/docs-links.ts";
import type { Family } from "../process/family.ts";
import { checkedRoutes } from "../resources/checked-routes.ts";
import { complete } from "../resources/complete.ts";
import { declaredBy } from "../resources/declared.ts";
import {
  admitOptionsOf,
  authenticationOf,
  corsOf,
  documentedChecksOf,
  failureLogOf,
} from "./checks.ts";
import type { App, Parts, ServiceConfig } from "./service.ts";

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
  const { config, database, log, metrics, tracer, now, draining } = parts;
  const { BASE_PATH: basePath, MAX_BODY_BYTES: maxBodyBytes, LOG_REQUESTS: logRequests } = config;
  const withTokens = config.AUTH === "on";
  const scopes = scopesOf(family);
  const options = { ...parts, name, family };

  // A plugin of the routes may still be loading.
  await declared.modules;
  const unused = unusedScopesOf(family);
  const routes = complete(declared, { maxBodyBytes, withTokens, unused, taken: OPERATIONAL });
  const paths = [...routes.routes.map(({ path }) => path), ...OPERATIONAL];
  if (hidesOneOf(basePath, paths)) throw new ConfigError(ROUTE_HIDDEN);

  const render = createRender(failureLogOf(options));
  const creations = createCreations({ database, now });
  const authentication = await authenticationOf(options);
  const authorization = withTokens ? createAuthorization(name) : noAuthorization;
  const needed = authentication ? { keys: authentication.keys.ping } : {};
  const needs = config.METRICS === "admin" ? ADMIN : OPEN;
  const documented = documentedChecksOf(config, scopes);
  const links = linksIn(config.DOCS_LINKS);
  const shown = docs({
    title: name,
    description,
    basePath,
    routes,
    contract,
    checks: documented,
    links,
  });

  // A host may have a name of one letter, where Elysia expects four characters.
  const app = new Elysia({ normalize: false, handler: { standardHostname: false } })
    .use(standard(render))
    .use(health({ database, draining, log, metrics, needed, degradable }))
    .use(scraping({ metrics, needs, authorization, isScraper: authentication?.isScraper }))
    .use(config.DOCS === "on" && shown.routes())
    .use(checkedRoutes(routes, { realm: name, basePath, authorization, creations, render }))
    .use(allMethods);
  requireKnown(scopes, app);

  const cors = await corsOf(config);
  const checks = admitOptionsOf(options, authentication);
  const seen = {
    log,
    render,
    logRequests,
    metrics,
    declared: () => declaredBy(routes, documented),
    tracer,
    paths,
    draining,
  };
  const respond = stripped(basePath, observe(cors(admit(app.fetch, checks)), seen));
  return {
    fetch: respond,
    handle: async (request) => respond(request),
    routes: app.routes,
    basePath,
    document: shown.document,
  };
}

/** @throws Error for a route that says nothing of its callers, or needs a scope of no service */
function requireKnown(scopes: Scopes, app: Pick<App, "routes">): void {
  for (const [route, needed] of needsOf(app)) {
    if (!needed) throw new Error(`${route} does not say what it needs`);
    const unknown = needed.find((scope) => !Object.hasOwn(scopes, scope));
    if (unknown) throw new Error(`${route} needs ${unknown}, which no service has`);
  }
}
