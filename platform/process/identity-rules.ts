/** The conditions between the variables of authentication. No fault shows a value. */
import { isLoopback } from "./ip-address.ts";
import type { Given } from "./variable.ts";

/** An HMAC-SHA-256 key must be at least as long as its hash (RFC 7518, 3.2). */
const SECRET_BYTES_MIN = 32;

/** The secret that signs, and its predecessor. */
const SECRETS_MAX = 2;

/** The example secret of the documentation. It is public, so it is rejected. */
export const EXAMPLE_SECRET = "put-32-random-bytes-of-your-own-here";

/** The variables that show whether authentication is meant. */
const MEANT = ["AUTH", "AUTH_SECRET", "AUTH_JWKS_URL", "AUTH_ISSUER", "AUTH_AUDIENCE"];

/** What has to be set, and what cannot be combined. */
export function identityFaults({ config: { HOST, AUTH }, isSet }: Given): string[] {
  if (!isSet("AUTH")) {
    const chosen = MEANT.find(isSet);
    if (chosen) return [`AUTH: set it to on or off, because ${chosen} is set`];
    const isOpen = typeof HOST === "string" && !isLoopback(HOST);
    return isOpen ? ["AUTH: set it to on or off, because other machines can reach HOST"] : [];
  }
  // An invalid value is a fault of its own.
  if (AUTH !== "on") return [];
  const faults = ["AUTH_ISSUER", "AUTH_AUDIENCE"]
    .filter((name) => !isSet(name))
    .map((name) => `${name}: required with AUTH=on`);
  if (isSet("AUTH_SECRET") && isSet("AUTH_JWKS_URL")) {
    faults.push("AUTH_JWKS_URL: cannot be combined with AUTH_SECRET");
  }
  if (!isSet("AUTH_SECRET") && !isSet("AUTH_JWKS_URL")) {
    faults.push("AUTH_SECRET: required with AUTH=on, unless AUTH_JWKS_URL is set");
  }
  return faults;
}

/** Returns the secrets in `AUTH_SECRET`: the first signs. */
export function secretsIn(text: string): string[] {
  return text.split(",");
}

/** Whether the variables of authentication are in use. */
function isAsked({ config }: Given): boolean {
  return config["AUTH"] === "on";
}

export function secretFaults(given: Given): string[] {
  const { AUTH_SECRET } = given.config;
  if (!AUTH_SECRET || !isAsked(given)) return [];
  const secrets = secretsIn(String(AUTH_SECRET));
  if (secrets.length > SECRETS_MAX) {
    return [`AUTH_SECRET: at most ${SECRETS_MAX} secrets, and no comma in a secret`];
  }
  if (secrets.some((secret) => Buffer.byteLength(secret) < SECRET_BYTES_MIN)) {
    return [`AUTH_SECRET: each needs ${SECRET_BYTES_MIN} bytes or more`];
  }
  if (secrets.includes(EXAMPLE_SECRET)) {
    return ["AUTH_SECRET: this is the example from the documentation; use 32 random bytes"];
  }
  return [];
}

export function keySetFaults(given: Given): string[] {
  const { AUTH_JWKS_URL } = given.config;
  if (!AUTH_JWKS_URL || !isAsked(given)) return [];
  const url = URL.parse(String(AUTH_JWKS_URL));
  if (!url || url.username || url.password || url.hash) {
    return ["AUTH_JWKS_URL: must have no user, password or fragment"];
  }
  return url.protocol === "https:" || isLoopback(url.hostname)
    ? []
    : ["AUTH_JWKS_URL: must use https, unless it is on this machine"];
}
