/**
 * Authentication, authorization, rate limit and CORS, as configured. Code that the configuration
 * does not need is not loaded.
 */
import type { BlockList } from "node:net";

import type { AnyElysia } from "elysia";

import { addressName, clientAddress } from "../http/client-address.ts";
import { createFailureLog, type LogFailure } from "../http/failure-log.ts";
import { prepareFetch } from "../http/fetch.ts";
import type { GateOptions } from "../http/gate.ts";
import { parseRateLimit } from "../http/rate-limit.ts";
import { type Access, createAccess, openAccess } from "../identity/access.ts";
import type { admission } from "../identity/admission.ts";
import type { Keys } from "../identity/keys.ts";
import { type Scopes, serviceScopesOf } from "../identity/scopes.ts";
import type { Guards } from "../openapi/guards.ts";
import type { Family } from "../process/family.ts";
import { secretsIn } from "../process/identity-rules.ts";
import { parseNetworks } from "../process/ip-address.ts";
import type { Log } from "../process/log.ts";
import { listIn } from "../process/variable.ts";
import type { App, Parts, ServiceConfig } from "./service.ts";

/** The longest time that the line of a rejected caller is held back. */
const REFUSALS_WINDOW_SECONDS = 60;

/** Returns the authorization checks. */
export function accessOf({ AUTH }: ServiceConfig): Access {
  return AUTH === "on" ? createAccess() : openAccess;
}

/** Returns which protections are active, for the OpenAPI document. */
export function guardsOf(
  { AUTH, AUTH_JWKS_URL, CORS_ORIGIN, RATE_LIMIT }: ServiceConfig,
  scopes: Scopes,
): Guards {
  return {
    scopes: AUTH === "on" ? scopes : undefined,
    remoteKeys: AUTH === "on" && AUTH_JWKS_URL !== "",
    limit: RATE_LIMIT !== "off",
    cors: CORS_ORIGIN !== "",
  };
}

export interface ProtectionOptions extends Pick<
  Parts<ServiceConfig>,
  "atEnd" | "config" | "log" | "metrics" | "now" | "peerOf"
> {
  /** The name of the service. */
  name: string;
  family: Family;
  /** The protected app; called at the first request. */
  app: () => App;
}

export interface Protection {
  /** The checks before the app. */
  limits: GateOptions;
  /** Goes around everything that can reject a request. Undefined: no cross-origin access */
  cors: AnyElysia | undefined;
  /** Undefined: no token is required */
  admission: ReturnType<typeof admission> | undefined;
  /** What the service cannot be ready without, each with its health check. */
  needed: Record<string, () => Promise<void>>;
  logFailure: LogFailure;
}

/** Creates the parts that protect an app. */
export async function protectionOf(options: ProtectionOptions): Promise<Protection> {
  const { config, name: realm, log, app } = options;
  const limits = { inFlightMax: config.MAX_IN_FLIGHT, count: await counterOf(options) };
  const cors = await corsOf(config);
  const logFailure = failureLogOf(options);
  if (config.AUTH === "off") return { limits, cors, admission: undefined, needed: {}, logFailure };

  const keys = await keysOf(config, log);
  const identity = await identityOf(keys, options);
  const { admission } = await import("../identity/admission.ts");
  return {
    limits: { ...limits, identity },
    cors,
    admission: admission({ realm, log, app }),
    needed: { keys: keys.ping },
    logFailure,
  };
}

/** Refusals are counted in the window of the rate limit if that is shorter than a minute. */
function failureLogOf({ atEnd, config, log, peerOf }: ProtectionOptions): LogFailure {
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

async function counterOf({
  config,
  family,
  metrics,
  peerOf,
}: ProtectionOptions): Promise<GateOptions["count"]> {
  const { RATE_LIMIT } = config;
  if (RATE_LIMIT === "off") return undefined;
  const { createCounter } = await import("../http/limit.ts");
  const trusted = trustedIn(config);
  const uncounted = serviceScopesOf(family);
  return createCounter({ ...parseRateLimit(RATE_LIMIT), metrics, peerOf, trusted, uncounted });
}

/** The configuration has checked them. */
function trustedIn({ TRUSTED_PROXIES }: ServiceConfig): BlockList {
  return parseNetworks(listIn(TRUSTED_PROXIES)) as BlockList;
}

async function corsOf({ CORS_ORIGIN }: ServiceConfig): Promise<Protection["cors"]> {
  if (CORS_ORIGIN === "") return undefined;
  const { cors } = await import("../http/cors.ts");
  return cors(listIn(CORS_ORIGIN));
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

async function identityOf(
  keys: Keys,
  { config, name: realm, metrics, now, peerOf }: ProtectionOptions,
) {
  const { createIdentity } = await import("../identity/identity.ts");
  const { createAddressOf } = await import("../http/client-address.ts");
  const { createVerifier, REASONS } = await import("../identity/verifier.ts");
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = config;
  const refused = metrics.counter({
    name: "tokens_refused_total",
    help: "Rejected tokens, by reason",
    label: "reason",
    values: REASONS,
  });
  const verifier = createVerifier({ keys, issuer, audience, now });
  const addressOf = createAddressOf({ peerOf, trusted: trustedIn(config) });
  const requestsMax = config.MAX_IN_FLIGHT;
  return createIdentity({ verifier, realm, refused, addressOf, requestsMax });
}
