/** Who may do what, and how much, as the configuration says. What it does not ask for is not loaded. */
import { type Access, createAccess, openAccess } from "../http/auth/access.ts";
import type { Identity } from "../http/auth/identity.ts";
import type { Keys } from "../http/auth/keys.ts";
import type { OwnToken } from "../http/auth/own-token.ts";
import type { Fetch } from "../http/call/client.ts";
import { prepareFetch } from "../http/call/prepare.ts";
import type { GateOptions } from "../http/gate.ts";
import type { Guards } from "../openapi/guards.ts";
import { secretsIn } from "../process/identity-config.ts";
import { parseNetworks } from "../process/ip-address.ts";
import { listIn } from "../process/limits-config.ts";
import type { Log } from "../process/log.ts";
import type { Parts, ServiceConfig } from "./service.ts";

/** What the routes of the service with this name ask of their callers. */
export function accessOf(name: string, { AUTH }: ServiceConfig): Access {
  return AUTH === "on" ? createAccess(name) : openAccess;
}

/** What of it is in force, for the OpenAPI document. */
export function guardsOf({ AUTH, AUTH_JWKS_URL, CORS_ORIGIN, RATE_LIMIT }: ServiceConfig): Guards {
  return {
    identity: AUTH === "on",
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
}

export interface Protection {
  /** What requests pass before the app. */
  limits: GateOptions;
  /** What the service cannot do without, with how to ask whether it is there. */
  needed: Record<string, () => Promise<void>>;
}

/** Makes what stands around an app. */
export async function protectionOf({
  name,
  config,
  log,
  metrics,
  now,
  peerOf,
}: ProtectionOptions): Promise<Protection> {
  const keys = config.AUTH === "on" ? await keysOf(config, log) : undefined;
  const limits: GateOptions = {
    inFlightMax: config.MAX_IN_FLIGHT,
    identity: keys && (await identityOf(keys, { name, config, metrics, now })),
    count: await counterOf({ config, metrics, peerOf }),
    cors: await corsOf(config),
  };
  return { limits, needed: keys ? { keys: keys.ping } : {} };
}

export interface OwnTokenOptions {
  /** The name of the service that asks. */
  name: string;
  config: ServiceConfig;
  /** The file with its token; empty if it makes its own. */
  file: string;
  /** What it has to be allowed. */
  scope: string;
}

/** `fetch`, with the token of the service itself where the services know their callers. */
export function withOwnToken(fetch: Fetch, { name, config, file, scope }: OwnTokenOptions): Fetch {
  if (!file && config.AUTH === "off") return fetch;
  let own: Promise<OwnToken> | undefined;

  async function load(): Promise<OwnToken> {
    const { mintedToken, tokenFile } = await import("../http/auth/own-token.ts");
    if (file) return tokenFile(file);
    const { AUTH_SECRET, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = config;
    const [secret = ""] = secretsIn(AUTH_SECRET);
    return mintedToken({ secret, issuer, audience, subject: name, scope });
  }

  return async (url, init) => {
    own ??= load();
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${await (await own)()}`);
    return fetch(url, { ...init, headers });
  };
}

async function keysOf({ AUTH_SECRET, AUTH_JWKS_URL }: ServiceConfig, log: Log): Promise<Keys> {
  if (AUTH_SECRET) {
    const { createSecretKeys } = await import("../http/auth/keys.ts");
    return createSecretKeys(secretsIn(AUTH_SECRET));
  }
  const { createKeySet } = await import("../http/auth/key-set.ts");
  prepareFetch();
  return createKeySet({ url: AUTH_JWKS_URL, log });
}

async function identityOf(
  keys: Keys,
  {
    name: realm,
    config,
    metrics,
    now,
  }: Pick<ProtectionOptions, "name" | "config" | "metrics" | "now">,
): Promise<Identity> {
  const { createIdentity } = await import("../http/auth/identity.ts");
  const { createVerifier, REASONS } = await import("../http/auth/verifier.ts");
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = config;
  const refused = metrics.counter({
    name: "tokens_refused_total",
    help: "Tokens that were not accepted, by what was wrong with them",
    label: "reason",
    values: REASONS,
  });
  const verifier = createVerifier({ keys, issuer, audience, now });
  return createIdentity({ verifier, realm, refused });
}

async function counterOf({
  config: { RATE_LIMIT, TRUSTED_PROXIES },
  metrics,
  peerOf,
}: Pick<ProtectionOptions, "config" | "metrics" | "peerOf">): Promise<GateOptions["count"]> {
  if (RATE_LIMIT === "off") return undefined;
  const { createCounter } = await import("../http/limit.ts");
  const { parseRateLimit } = await import("../http/rate-limit.ts");
  const limit = parseRateLimit(RATE_LIMIT);
  const trusted = parseNetworks(listIn(TRUSTED_PROXIES));
  return limit && trusted && createCounter({ ...limit, metrics, peerOf, trusted });
}

async function corsOf({ CORS_ORIGIN }: ServiceConfig): Promise<GateOptions["cors"]> {
  if (CORS_ORIGIN === "") return undefined;
  const { createCors } = await import("../http/cors.ts");
  return createCors(listIn(CORS_ORIGIN));
}
