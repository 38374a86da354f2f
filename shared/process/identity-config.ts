/** The variables of identity, and what has to hold between them. */
import { Type } from "@sinclair/typebox";

import { isLoopback } from "./ip-address.ts";

/** A key of HMAC with SHA-256 has to be as long as its result (RFC 7518, 3.2). */
const SECRET_BYTES_MIN = 32;

/** The one that signs, and the one that did before it. */
const SECRETS_MAX = 2;

/** What stands for a secret in the documentation. Everyone can read it, so it is refused. */
export const EXAMPLE_SECRET = "put-32-random-bytes-of-your-own-here";

export const IdentityConfig = {
  AUTH: Type.Union([Type.Literal("on"), Type.Literal("off")], {
    description: "Whether callers must show a token; to be chosen by name unless HOST is loopback",
    default: "off",
  }),
  AUTH_SECRET: Type.String({
    description: "Signs and checks tokens (HS256): 32 bytes or more; NEW,OLD to replace it",
    default: "",
    isSecret: true,
    mayBeFile: true,
  }),
  AUTH_JWKS_URL: Type.String({
    description: "In place of a secret: where the public keys of the issuer are",
    default: "",
    pattern: "^(?:https?://.+)?$",
    examples: ["https://issuer.example.com/.well-known/jwks.json"],
  }),
  AUTH_ISSUER: Type.String({
    description: "Who issues the tokens: exactly their `iss`",
    default: "",
    pattern: "^[\\x21-\\x7e]*$",
    examples: ["https://issuer.example.com/"],
  }),
  AUTH_AUDIENCE: Type.String({
    description: "Whom the tokens are for: exactly their `aud`, the same for all services",
    default: "",
    pattern: "^[\\x21-\\x7e]*$",
    examples: ["https://shop.example.com"],
  }),
};

/** What was read of these variables; one that does not fit by itself is not there. */
export type IdentityValues = Partial<Record<keyof typeof IdentityConfig | "HOST", unknown>>;

/**
 * What is wrong between the variables, `NAME: what to do` each. None shows a value.
 *
 * @param isSet whether the operator set a variable, or a file in its place
 */
export function identityFaults(
  { HOST, AUTH, AUTH_SECRET, AUTH_JWKS_URL }: IdentityValues,
  isSet: (name: string) => boolean,
): string[] {
  if (!isSet("AUTH")) {
    const chosen = Object.keys(IdentityConfig).find(isSet);
    if (chosen) return [`AUTH: choose on or off, since ${chosen} is set`];
    const isOpen = typeof HOST === "string" && !isLoopback(HOST);
    return isOpen ? ["AUTH: choose on or off, since others than this machine reach HOST"] : [];
  }
  if (AUTH === "off") return [];
  const faults = ["AUTH_ISSUER", "AUTH_AUDIENCE"]
    .filter((name) => !isSet(name))
    .map((name) => `${name}: needed with AUTH=on`);
  if (isSet("AUTH_SECRET") && isSet("AUTH_JWKS_URL")) {
    faults.push("AUTH_JWKS_URL: not together with AUTH_SECRET");
  }
  if (!isSet("AUTH_SECRET") && !isSet("AUTH_JWKS_URL")) {
    faults.push("AUTH_SECRET: needed with AUTH=on, or AUTH_JWKS_URL in its place");
  }
  if (AUTH_SECRET) faults.push(...secretFaults(String(AUTH_SECRET)));
  if (AUTH_JWKS_URL) faults.push(...keySetFaults(String(AUTH_JWKS_URL)));
  return faults;
}

/** The secrets in `AUTH_SECRET`: the first signs. */
export function secretsIn(text: string): string[] {
  return text.split(",");
}

function secretFaults(text: string): string[] {
  const secrets = secretsIn(text);
  if (secrets.length > SECRETS_MAX) {
    return [`AUTH_SECRET: at most ${SECRETS_MAX}, and no comma within one`];
  }
  if (secrets.some((secret) => Buffer.byteLength(secret) < SECRET_BYTES_MIN)) {
    return [`AUTH_SECRET: each needs ${SECRET_BYTES_MIN} bytes or more`];
  }
  if (secrets.includes(EXAMPLE_SECRET)) {
    return ["AUTH_SECRET: this one stands in the documentation; take 32 random bytes"];
  }
  return [];
}

function keySetFaults(text: string): string[] {
  const url = URL.parse(text);
  if (!url || url.username || url.password || url.hash) {
    return ["AUTH_JWKS_URL: no user, password or fragment"];
  }
  return url.protocol === "https:" || isLoopback(url.hostname)
    ? []
    : ["AUTH_JWKS_URL: over https, unless it is on this machine"];
}
