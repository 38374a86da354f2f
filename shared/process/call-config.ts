/** The variables of a service that asks others. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";

import {
  type Asked,
  type AskedBy,
  defaultUrlOf,
  type ServiceName,
  serviceNamed,
} from "../../services.ts";

/** How another service is called. */
export interface CallSettings {
  /** Where it is. */
  baseUrl: string;
  /** For the whole call, waiting and all attempts included. */
  timeoutMs: number;
  /** For one attempt, body included. */
  attemptTimeoutMs: number;
  /** How long an answer is used; with 0 it is asked for every time. */
  cacheTtlMs: number;
  /** How old an answer may be that is shown while the service is away. */
  staleMs: number;
  /** The file with the token to show it; empty if the service makes its own. */
  tokenFile: string;
}

/** By the end of the variable's name; it begins with the name of the service. */
function variablesOf(service: ServiceName) {
  const url = defaultUrlOf(service);
  return {
    URL: Type.String({
      description: `URL of the ${service} service`,
      pattern: "^https?://(?:[0-9A-Za-z._-]+|\\[[0-9A-Fa-f:.]+\\])(?::\\d{1,5})?/?$",
      examples: [url],
      default: url,
    }),
    TIMEOUT_MS: Type.Integer({
      description: `Time limit of a call to ${service}, including all attempts and waiting`,
      minimum: 1,
      maximum: 60_000,
      default: 2_000,
    }),
    ATTEMPT_TIMEOUT_MS: Type.Integer({
      description: "Time limit of one attempt; a call makes up to 3",
      minimum: 1,
      maximum: 60_000,
      default: 800,
    }),
    CACHE_TTL_MS: Type.Integer({
      description: `How long a response of ${service} may be reused; 0 turns the cache off`,
      minimum: 0,
      maximum: 60_000,
      default: 1_000,
    }),
    STALE_MS: Type.Integer({
      description: `Oldest response that reads may use while ${service} is unavailable; 0 turns this off`,
      minimum: 0,
      maximum: 3_600_000,
      default: 60_000,
    }),
    TOKEN_FILE: Type.String({
      description: `File with the token for ${service}, read again when it changes. If none: a token signed with AUTH_SECRET`,
      default: "",
    }),
  };
}
type Variables = ReturnType<typeof variablesOf>;

type Named<Service extends ServiceName, Values extends Record<string, unknown>> = {
  [Name in keyof Values & string as `${Uppercase<Service>}_${Name}`]: Values[Name];
};

/** The variables that tell how those are called that this service asks: `USERS_URL` and so on. */
export function callConfigOf<Service extends ServiceName>(
  service: Service,
): Named<AskedBy<Service>, Variables> {
  const named: Record<string, TSchema> = {};
  for (const asked of serviceNamed(service).asks) {
    for (const [name, variable] of Object.entries<TSchema>(variablesOf(asked))) {
      named[`${asked.toUpperCase()}_${name}`] = variable;
    }
  }
  return named as Named<AskedBy<Service>, Variables>;
}

/** With the keys of an issuer there is no secret to make a token with. */
export function callFaults({ AUTH, AUTH_JWKS_URL, ...rest }: Record<string, unknown>): string[] {
  if (AUTH !== "on" || !AUTH_JWKS_URL) return [];
  return Object.keys(rest)
    .filter((name) => name.endsWith("_TOKEN_FILE") && !rest[name])
    .map((name) => `${name}: required with AUTH_JWKS_URL`);
}

/** The variables of the calls of one service, as they are read. */
export type CallValues<Service extends Asked> = Named<
  Service,
  { [Name in keyof Variables]: Static<Variables[Name]> }
>;

/** What they say. */
export function callSettingsOf<Service extends Asked>(
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
