/** The variables of a service that calls others. */
import type { TSchema } from "@sinclair/typebox";

import { defaultUrlOf, type Family, type ServiceEntry } from "./family.ts";
import { type Given, text, whole } from "./variable.ts";

const MINUTE_MS = 60_000;

/** Less than the longest time that Bun leaves a connection without a response open: 255 s. */
const CALL_MAX_MS = 4 * MINUTE_MS;

/** No segment may be `.` or `..`, which a URL resolves. */
const PATH = "(?:/(?!\\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*";

/** How to call another service. */
export interface CallSettings {
  /** The URL of the service, without a slash at the end. */
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
      pattern: `^https?://(?:[0-9A-Za-z._-]+|\\[[0-9A-Fa-f:.]+\\])(?::\\d{1,5})?${PATH}/?$`,
      examples: [url],
      default: url,
    }),
    TIMEOUT_MS: whole([1, CALL_MAX_MS], {
      description: `Time limit of a call to ${service}, including all attempts and waiting`,
      default: 2_000,
    }),
    ATTEMPT_TIMEOUT_MS: whole([1, CALL_MAX_MS], {
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
        const name = nameOf(service, "TOKEN_FILE");
        // With an issuer's key set there is no secret to sign a token with.
        if (AUTH !== "on" || !AUTH_JWKS_URL || isSet(name)) return [];
        return [`${name}: required with AUTH_JWKS_URL`];
      },
    }),
  };
}

/** Returns the variables for all services that this one calls: `MAKERS_URL` and so on. */
export function callVariablesOf(
  { calls }: Pick<ServiceEntry, "calls">,
  family: Family,
): Record<string, TSchema> {
  const named = calls.flatMap((callee) =>
    Object.entries(variablesOf(callee, defaultUrlOf(family, callee))).map(
      ([suffix, variable]) => [nameOf(callee, suffix), variable] as const,
    ),
  );
  return Object.fromEntries(named);
}

function nameOf(callee: string, suffix: string): string {
  return `${callee.toUpperCase()}_${suffix}`;
}

/**
 * Reads the settings of calls to another service.
 *
 * @throws Error if the configuration is of a service that does not call it
 */
export function callSettingsOf(callee: string, config: Given["config"]): CallSettings {
  function valueOf(suffix: keyof ReturnType<typeof variablesOf>): unknown {
    const value = config[nameOf(callee, suffix)];
    if (value === undefined) throw new Error(`The list of services has no call to ${callee} here`);
    return value;
  }
  return {
    baseUrl: String(valueOf("URL")).replace(/\/$/, ""),
    timeoutMs: Number(valueOf("TIMEOUT_MS")),
    attemptTimeoutMs: Number(valueOf("ATTEMPT_TIMEOUT_MS")),
    cacheTtlMs: Number(valueOf("CACHE_TTL_MS")),
    staleMs: Number(valueOf("STALE_MS")),
    tokenFile: String(valueOf("TOKEN_FILE")),
  };
}
