/** The variables of authentication, and the conditions between them. */
import { Type } from "@sinclair/typebox";

import { isLoopback } from "./ip-address.ts";

/** An HMAC-SHA-256 key must be at least as long as its hash (RFC 7518, 3.2). */
const SECRET_BYTES_MIN = 32;

/** The secret that signs, and its predecessor. */
const SECRETS_MAX = 2;

/** The example secret of the documentation. It is public, so it is rejected. */
export const EXAMPLE_SECRET = "put-32-random-bytes-of-your-own-here";

export const IdentityConfig = {
  AUTH: Type.Union([Type.Literal("on"), Type.Literal("off")], {
    description:
      "Whether callers need a token: on or off. Required unless HOST is a loopback address",
    default: "off",
  }),
  AUTH_SECRET: Type.String({
    description:
      "Secret that signs and verifies tokens (HS256), at least 32 bytes; NEW,OLD to rotate it",
    default: "",
    isSecret: true,
    mayBeFile: true,
  }),
  AUTH_JWKS_URL: Type.String({
    description: "Instead of a secret: URL of the public keys of the issuer",
    default: "",
    pattern: "^(?:https?://.+)?$",
    examples: ["https://issuer.example.com/.well-known/jwks.json"],
  }),
  AUTH_JWKS_STALE_MS: Type.Integer({
    description:
      "Age of the oldest keys to use while the issuer is away; those of the last 5 minutes always are",
    minimum: 0,
    maximum: 86_400_000,
    default: 3_600_000,
  }),
  AUTH_ISSUER: Type.String({
    description: "Issuer of the tokens: must equal their `iss`",
    default: "",
    pattern: "^[\\x21-\\x7e]*$",
    examples: ["https://issuer.example.com/"],
  }),
  AUTH_AUDIENCE: Type.String({
    description: "Audience of the tokens: must equal their `aud`; the same for all services",
    default: "",
    pattern: "^[\\x21-\\x7e]*$",
    examples: ["https://shop.example.com"],
  }),
};

/** The valid values of these variables. */
export type IdentityValues = Partial<Record<keyof typeof IdentityConfig | "HOST", unknown>>;

/**
 * Returns the faults between the variables, each as `NAME: what to do`. None shows a value.
 *
 * @param isSet whether the operator set a variable, or a file for it
 */
export function identityFaults(
  { HOST, AUTH, AUTH_SECRET, AUTH_JWKS_URL }: IdentityValues,
  isSet: (name: string) => boolean,
): string[] {
  if (!isSet("AUTH")) {
    const chosen = Object.keys(IdentityConfig).find(isSet);
    if (chosen) return [`AUTH: set it to on or off, because ${chosen} is set`];
    const isOpen = typeof HOST === "string" && !isLoopback(HOST);
    return isOpen ? ["AUTH: set it to on or off, because other machines can reach HOST"] : [];
  }
  if (AUTH === "off") return [];
  const faults = ["AUTH_ISSUER", "AUTH_AUDIENCE"]
    .filter((name) => !isSet(name))
    .map((name) => `${name}: required with AUTH=on`);
  if (isSet("AUTH_SECRET") && isSet("AUTH_JWKS_URL")) {
    faults.push("AUTH_JWKS_URL: cannot be combined with AUTH_SECRET");
  }
  if (!isSet("AUTH_SECRET") && !isSet("AUTH_JWKS_URL")) {
    faults.push("AUTH_SECRET: required with AUTH=on, unless AUTH_JWKS_URL is set");
  }
  if (AUTH_SECRET) faults.push(...secretFaults(String(AUTH_SECRET)));
  if (AUTH_JWKS_URL) faults.push(...keySetFaults(String(AUTH_JWKS_URL)));
  return faults;
}

/** Returns the secrets in `AUTH_SECRET`: the first signs. */
export function secretsIn(text: string): string[] {
  return text.split(",");
}

function secretFaults(text: string): string[] {
  const secrets = secretsIn(text);
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

function keySetFaults(text: string): string[] {
  const url = URL.parse(text);
  if (!url || url.username || url.password || url.hash) {
    return ["AUTH_JWKS_URL: must have no user, password or fragment"];
  }
  return url.protocol === "https:" || isLoopback(url.hostname)
    ? []
    : ["AUTH_JWKS_URL: must use https, unless it is on this machine"];
}
