/** Tokens of our own: one created with the secret, and the one that a service sends to another. */
import { SignJWT } from "jose";

import { secretKey } from "./keys.ts";

/** The lifetime of a token that we create: short, because it may be stolen. */
const LIFETIME_SECONDS = 300;
/** How long before it expires a token is replaced: longer than the maximum duration of a call. */
const SPARE_SECONDS = 90;

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

/** Returns the token to send now. */
export type OwnToken = () => string | Promise<string>;

/** Creates a token and reuses it until shortly before it expires. */
export function mintedToken({
  now = Date.now,
  ...minting
}: Omit<Minting, "lifetimeSeconds" | "now"> & { now?: () => number }): OwnToken {
  let token: string | undefined;
  let replaceAt = -Infinity;
  return async () => {
    const at = now();
    if (token !== undefined && at < replaceAt) return token;
    token = await mintToken({ ...minting, lifetimeSeconds: LIFETIME_SECONDS, now: at });
    replaceAt = at + (LIFETIME_SECONDS - SPARE_SECONDS) * 1000;
    return token;
  };
}

/**
 * Reads the token from a file, and again when the file was replaced or written to. Whoever writes
 * the file must replace the token before it expires. Checking for a change takes 2 microseconds.
 *
 * @param bytesMin a shorter token is none. Default: 1
 * @throws Error when called, if the file holds no token; the error does not show the content
 */
export function tokenFile(path: string, bytesMin = 1): () => string {
  const { readFileSync, statSync } = require("node:fs") as typeof import("node:fs");
  let token = "";
  let seen = "";
  return () => {
    const { ino, mtimeMs, size } = statSync(path);
    const version = `${ino} ${mtimeMs} ${size}`;
    if (version === seen) return token;
    const text = readFileSync(path, "utf8").trim();
    if (!/^[0-9A-Za-z._~+/-]+=*$/.test(text)) throw new Error("There is no token in the file");
    if (text.length < bytesMin) {
      throw new Error(`The token in the file has fewer than ${bytesMin} bytes`);
    }
    token = text;
    seen = version;
    return token;
  };
}
