/**
 * Authentication, authorization, rate limit and CORS, as configured. Code that the configuration
 * does not need is not loaded.
 */
import type { AnyElysia } from "elysia";

import { prepareFetch } from "../call/client.ts";
import type { GateOptions } from "../http/gate.ts";
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
  "config" | "log" | "metrics" | "now" | "peerOf"
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
}

/** Creates the parts that protect an app. */
export async function protectionOf(options: ProtectionOptions): Promise<Protection> {
  const { config, name: realm, log, app } = options;
  const limits = { inFlightMax: config.MAX_IN_FLIGHT, count: await counterOf(options) };
  const cors = await corsOf(config);
  if (config.AUTH === "off") return { limits, cors, admission: undefined, needed: {} };

  const keys = await keysOf(config, log);
  const identity = await identityOf(keys, options);
  const { admission } = await import("../identity/admission.ts");
  return {
    limits: { ...limits, identity },
    cors,
    admission: admission({ realm, log, app }),
    needed: { keys: keys.ping },
  };
}

async function counterOf({
  config: { RATE_LIMIT, TRUSTED_PROXIES },
  family,
  metrics,
  peerOf,
}: ProtectionOptions): Promise<GateOptions["count"]> {
  if (RATE_LIMIT === "off") return undefined;
  const { createCounter } = await import("../http/limit.ts");
  const { parseRateLimit } = await import("../http/rate-limit.ts");
  const trusted = parseNetworks(listIn(TRUSTED_PROXIES));
  const limit = parseRateLimit(RATE_LIMIT);
  const uncounted = serviceScopesOf(family);
  return trusted && createCounter({ ...limit, metrics, peerOf, trusted, uncounted });
}

async function corsOf({ CORS_ORIGIN }: ServiceConfig): Promise<Protection["cors"]> {
  if (CORS_ORIGIN === "") return undefined;
  const { cors } = await import("../http/cors.ts");
  return cors(listIn(CORS_ORIGIN));
}

async function keysOf({ AUTH_SECRET, AUTH_JWKS_URL }: ServiceConfig, log: Log): Promise<Keys> {
  if (AUTH_SECRET) {
    const { createSecretKeys } = await import("../identity/keys.ts");
    return createSecretKeys(secretsIn(AUTH_SECRET));
  }
  const { createKeySet } = await import("../identity/key-set.ts");
  prepareFetch();
  return createKeySet({ url: AUTH_JWKS_URL, log });
}

async function identityOf(keys: Keys, { config, name: realm, metrics, now }: ProtectionOptions) {
  const { createIdentity } = await import("../identity/identity.ts");
  const { createVerifier, REASONS } = await import("../identity/verifier.ts");
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = config;
  const refused = metrics.counter({
    name: "tokens_refused_total",
    help: "Rejected tokens, by reason",
    label: "reason",
    values: REASONS,
  });
  const verifier = createVerifier({ keys, issuer, audience, now });
  return createIdentity({ verifier, realm, refused });
}
