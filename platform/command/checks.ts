/**
 * The checks of requests, as configured. Code that the configuration does not need is not loaded.
 */
import type { BlockList } from "node:net";

import type { AdmitOptions, Authenticate } from "../http/admit/admit.ts";
import { createHostCheck } from "../http/admit/allowed-hosts.ts";
import { createBodyBudget } from "../http/admit/body-budget.ts";
import { addressName, clientAddress } from "../http/admit/client-address.ts";
import { createCounter, parseRateLimit } from "../http/admit/rate-limit.ts";
import type { Respond } from "../http/context.ts";
import { createFailureLog, type LogFailure } from "../http/failure-log.ts";
import { prepareFetch } from "../http/fetch.ts";
import type { Keys } from "../identity/keys.ts";
import { type Scopes, serviceScopesOf } from "../identity/scopes.ts";
import type { IsScraper } from "../identity/scraper.ts";
import type { Checks } from "../openapi/checks.ts";
import { ConfigError } from "../process/config.ts";
import type { Family } from "../process/family.ts";
import { secretsIn } from "../process/identity-rules.ts";
import { parseNetworks } from "../process/ip-address.ts";
import type { Log } from "../process/log.ts";
import { listIn } from "../process/variable.ts";
import type { Parts, ServiceConfig } from "./service.ts";

/** The longest time that the line of a refused caller is held back. */
const REFUSALS_WINDOW_SECONDS = 60;

export interface ChecksOptions extends Pick<
  Parts<ServiceConfig>,
  "atEnd" | "config" | "log" | "metrics" | "now" | "peerOf"
> {
  /** The name of the service. */
  name: string;
  family: Family;
}

/** What tokens are verified with. */
export interface Authentication {
  authenticate: Authenticate;
  keys: Keys;
  /** Undefined: there is no token for scrapers. */
  isScraper: IsScraper | undefined;
}

/** Returns the checks of `admit`. */
export function admitOptionsOf(
  options: ChecksOptions,
  authentication: Authentication | undefined,
): AdmitOptions {
  const { config, peerOf, log } = options;
  const { MAX_BODY_BYTES: maxBodyBytes, MAX_IN_FLIGHT: inFlightMax } = config;
  return {
    hostCheck: createHostCheck(config),
    bodies: createBodyBudget({ maxBodyBytes, inFlightMax, peerOf, log }),
    inFlightMax,
    authenticate: authentication?.authenticate,
    count: countOf(options),
  };
}

/** Returns which checks are active, for the OpenAPI document. */
export function documentedChecksOf(
  { AUTH, AUTH_JWKS_URL, CORS_ORIGIN, RATE_LIMIT }: ServiceConfig,
  scopes: Scopes,
): Checks {
  return {
    scopes: AUTH === "on" ? scopes : undefined,
    remoteKeys: AUTH === "on" && AUTH_JWKS_URL !== "",
    limit: RATE_LIMIT !== "off",
    cors: CORS_ORIGIN !== "",
  };
}

/** Refusals are counted in the window of the rate limit if that is shorter than a minute. */
export function failureLogOf({ atEnd, config, log, peerOf }: ChecksOptions): LogFailure {
  const { RATE_LIMIT } = config;
  const seconds = RATE_LIMIT === "off" ? Infinity : parseRateLimit(RATE_LIMIT).windowSeconds;
  let trusted: BlockList | undefined;
  function addressOf(request: Request): string {
    trusted ??= trustedIn(config);
    const forwardedFor = request.headers.get("x-forwarded-for");
    return addressName(clientAddress({ peer: peerOf(request), forwardedFor, trusted }));
  }
  const windowMs = Math.min(seconds, REFUSALS_WINDOW_SECONDS) * 1_000;
  return createFailureLog({ log, addressOf, windowMs, atEnd });
}

/** Returns what goes around everything that can refuse a request; by default, nothing does. */
export async function corsOf({
  CORS_ORIGIN,
}: ServiceConfig): Promise<(respond: Respond) => Respond> {
  if (CORS_ORIGIN === "") return (respond) => respond;
  const { cors } = await import("../http/cors.ts");
  return (respond) => cors(respond, listIn(CORS_ORIGIN));
}

/** Undefined: no token is required. */
export async function authenticationOf({
  config,
  name: realm,
  log,
  metrics,
  now,
  peerOf,
}: ChecksOptions): Promise<Authentication | undefined> {
  if (config.AUTH === "off") return undefined;
  const keys = await keysOf(config, log);
  const { createAuthenticate } = await import("../identity/authenticate.ts");
  const { createAddressOf } = await import("../http/admit/client-address.ts");
  const { createVerifier, REASONS } = await import("../identity/verifier.ts");
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, MAX_IN_FLIGHT: requestsMax } = config;
  const refused = metrics.counter({
    name: "tokens_refused_total",
    help: "Rejected tokens, by reason",
    label: "reason",
    values: REASONS,
  });
  const verifier = createVerifier({ keys, issuer, audience, now });
  const addressOf = createAddressOf({ peerOf, trusted: trustedIn(config) });
  const isScraper = await scraperIn(config, log);
  const known = createAuthenticate({ verifier, realm, refused, addressOf, requestsMax });
  // The token of a scraper is none of the issuer, and would be counted as an invalid one.
  const authenticate: Authenticate = (request) =>
    isScraper?.(request) ? undefined : known(request);
  return { authenticate: isScraper ? authenticate : known, keys, isScraper };
}

/** @throws ConfigError if the file holds no token */
async function scraperIn(
  { METRICS_TOKEN_FILE: path }: ServiceConfig,
  log: Log,
): Promise<IsScraper | undefined> {
  if (path === "") return undefined;
  const { scraperOf } = await import("../identity/scraper.ts");
  try {
    return scraperOf(path, log);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`METRICS_TOKEN_FILE: ${code ?? message}`);
  }
}

function countOf({ config, family, metrics, peerOf }: ChecksOptions): AdmitOptions["count"] {
  const { RATE_LIMIT } = config;
  if (RATE_LIMIT === "off") return undefined;
  const trusted = trustedIn(config);
  const uncounted = serviceScopesOf(family);
  return createCounter({ ...parseRateLimit(RATE_LIMIT), metrics, peerOf, trusted, uncounted });
}

/** The configuration has checked them. */
function trustedIn({ TRUSTED_PROXIES }: ServiceConfig): BlockList {
  return parseNetworks(listIn(TRUSTED_PROXIES)) as BlockList;
}

async function keysOf(
  { AUTH_SECRET, AUTH_JWKS_URL, AUTH_JWKS_STALE_MS }: ServiceConfig,
  log: Log,
): Promise<Keys> {
  if (AUTH_SECRET) {
    const { createSecretKeys } = await import("../identity/keys.ts");
    return createSecretKeys(secretsIn(AUTH_SECRET));
  }
  const { createKeySet } = await import("../identity/key-set.ts");
  prepareFetch();
  return createKeySet({ url: AUTH_JWKS_URL, log, staleMs: AUTH_JWKS_STALE_MS });
}
