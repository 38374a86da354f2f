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
  issuer: iss,
  audience: aud,
  subject: sub,
  scope,
  lifetimeSeconds,
  now = Date.now(),
}: Minting): Promise<string> {
  const iat = Math.floor(now / 1000);
  const exp = iat + lifetimeSeconds;
  return new SignJWT({ iss, aud, sub, client_id: sub, scope, iat, exp, jti: Bun.randomUUIDv7() })
    .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
    .sign(await secretKey(secret));
}
