/** New tokens, for whoever has the secret. */
import { SignJWT } from "jose";

import { secretKey } from "./keys.ts";

export interface Minting {
  /** Signs, and is accepted for as long as it is configured. */
  secret: string;
  issuer: string;
  audience: string;
  /** Whom it makes the caller: the id of a user, or the name of a service. */
  subject: string;
  /** What it allows, separated by spaces. */
  scope: string;
  lifetimeSeconds: number;
  /** Milliseconds since 1970. Default: the time */
  now?: number;
}

/** An access token (RFC 9068) by HS256. */
export async function mintToken({
  secret,
  issuer,
  audience,
  subject,
  scope,
  lifetimeSeconds,
  now = Date.now(),
}: Minting): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({ scope, client_id: subject })
    .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(subject)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .setJti(Bun.randomUUIDv7())
    .sign(await secretKey(secret));
}
