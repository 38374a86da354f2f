/** The variables of a service that calls others. */
import type { Static, TSchema } from "@sinclair/typebox";

import { defaultUrlOf, type Family, type ServiceEntry } from "./family.ts";
import { text, whole } from "./variable.ts";

const MINUTE_MS = 60_000;

/** How to call another service. */
export interface CallSettings {
  /** The URL of the service. */
  baseUrl: string;
  /** For the whole call, including waits and all attempts. */
  timeoutMs: number;
  /** For one attempt, body included. */
  attemptTimeoutMs: number;
  /** How long a response is reused; with 0 it never is. */
  cacheTtlMs: number;
  /** The maximum age of a response that is used while the service is unavailable. */
  staleMs: number;
  /** The file with the token to send; empty if the service creates its own. */
  tokenFile: string;
}

/** By the suffix of their names; the prefix is the name of the service. */
function variablesOf(service: string, url: string) {
  return {
    URL: text({
      description: `URL of the ${service} service`,
      pattern: "^https?://(?:[0-9A-Za-z._-]+|\\[[0-9A-Fa-f:.]+\\])(?::\\d{1,5})?/?$",
      examples: [url],
      default: url,
    }),
    TIMEOUT_MS: whole([1, MINUTE_MS], {
      description: `Time limit of a call to ${service}, including all attempts and waiting`,
      default: 2_000,
    }),
    ATTEMPT_TIMEOUT_MS: whole([1, MINUTE_MS], {
      description: "Time limit of one attempt; a call makes up to 3",
      default: 800,
    }),
    CACHE_TTL_MS: whole([0, MINUTE_MS], {
      description: `How long a response of ${service} may be reused; 0 turns the cache off`,
      default: 1_000,
    }),
    STALE_MS: whole([0, 60 * MINUTE_MS], {
      description: `Oldest response that reads may use while ${service} is unavailable; 0 turns this off`,
      default: 60_000,
    }),
    TOKEN_FILE: text({
      description: `File with the token for ${service}, read again when it changes. If none: a token signed with AUTH_SECRET`,
      faults: ({ config: { AUTH, AUTH_JWKS_URL }, isSet }) => {
        const name = `${service.toUpperCase()}_TOKEN_FILE`;
        // With an issuer's key set there is no secret to sign a token with.
        if (AUTH !== "on" || !AUTH_JWKS_URL || isSet(name)) return [];
        return [`${name}: required with AUTH_JWKS_URL`];
      },
    }),
  };
}
type Variables = ReturnType<typeof variablesOf>;

type Named<Service extends string, Values extends Record<string, unknown>> = {
  [Name in keyof Values & string as `${Uppercase<Service>}_${Name}`]: Values[Name];
};

/** Returns the variables for all services that this one calls: `MAKERS_URL` and so on. */
export function callVariablesOf<Callee extends string>(
  { calls }: ServiceEntry<string, Callee>,
  family: Family,
): Named<Callee, Variables> {
  const named: Record<string, TSchema> = {};
  for (const callee of calls) {
    for (const [name, variable] of Object.entries<TSchema>(
      variablesOf(callee, defaultUrlOf(family, callee)),
    )) {
      named[`${callee.toUpperCase()}_${name}`] = variable;
    }
  }
  return named as Named<Callee, Variables>;
}

/** The values of the variables for one service. */
export type CallValues<Service extends string> = Named<
  Service,
  { [Name in keyof Variables]: Static<Variables[Name]> }
>;

/** Reads the settings from the configuration. */
export function callSettingsOf<Service extends string>(
  service: Service,
  config: CallValues<Service>,
): CallSettings {
  const values: Record<string, unknown> = config;
  const valueOf = <Name extends keyof Variables>(name: Name) =>
    values[`${service.toUpperCase()}_${name}`] as Static<Variables[Name]>;
  return {
    baseUrl: valueOf("URL"),
    timeoutMs: valueOf("TIMEOUT_MS"),
    attemptTimeoutMs: valueOf("ATTEMPT_TIMEOUT_MS"),
    cacheTtlMs: valueOf("CACHE_TTL_MS"),
    staleMs: valueOf("STALE_MS"),
    tokenFile: valueOf("TOKEN_FILE"),
  };
}
