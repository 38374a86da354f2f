/** Creates tokens, with the secret. */
import { SignJWT } from "jose";

import { secretKey } from "./keys.ts";

export interface Minting {
  /** Signs the token. Services accept it while this secret is configured. */
  secret: string;
  issuer: string;
  audience: string;
  /** The id of a user, or the name of a service. */
  subject: string;
  /** The scopes, separated by spaces. */
  scope: string;
  lifetimeSeconds: number;
  /** Milliseconds since 1970. Default: `Date.now()` */
  now?: number;
}

/** Creates an access token (RFC 9068) with HS256. */
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
