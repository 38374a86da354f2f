/** The public keys of an issuer, fetched from its key set (RFC 7517, 5). */
import { importJWK, type JWK } from "jose";

import { textAtMost } from "../http/text-at-most.ts";
import type { Log } from "../process/log.ts";
import { type KeyHint, type Keys, KeysUnavailable } from "./keys.ts";

/** The timeout of a fetch, body included. */
const TIMEOUT_MS = 5_000;
/** The size limit of a key set. */
const BYTES_MAX = 1_048_576;
/** The maximum number of keys used from one set: issuers have a handful. */
const KEYS_MAX = 100;
/** How often the set is fetched: a withdrawn key is accepted for no longer than this. */
const REFRESH_MS = 5 * 60_000;
/** The minimum time between two fetches, whatever keys callers invent. */
const RETRY_MS = 10_000;
/** The same while there are no keys, and every request with a token fails. */
const RETRY_EMPTY_MS = 1_000;
/** The most tokens that wait for a fetch, so that invented keys do not occupy MAX_IN_FLIGHT. */
const WAITING_MAX = 32;

export interface KeySetOptions {
  url: string;
  log: Log;
  /** Default: 5000 */
  timeoutMs?: number;
  /** A monotonic clock, in milliseconds. Default: `performance.now` */
  now?: () => number;
}

interface PublicKey {
  kid: unknown;
  alg: string;
  key: CryptoKey;
}

/**
 * Fetches the key set on first use, then regularly, and when a token names an unknown key. If a
 * fetch fails, keeps the latest keys, however old.
 */
export function createKeySet({
  url,
  log,
  timeoutMs = TIMEOUT_MS,
  now = () => performance.now(),
}: KeySetOptions): Keys {
  let keys: readonly PublicKey[] = [];
  let text = "";
  let generation = 0;
  let readAt = -Infinity;
  let requestedAt = -Infinity;
  let reading: Promise<void> | undefined;
  let waiting = 0;

  /** Fetches the set; undefined if it was fetched a moment ago. Never rejects. */
  function refresh(): Promise<void> | undefined {
    const pause = keys.length > 0 ? RETRY_MS : RETRY_EMPTY_MS;
    if (!reading && now() >= requestedAt + pause) {
      requestedAt = now();
      reading = read().finally(() => (reading = undefined));
    }
    return reading;
  }

  async function read(): Promise<void> {
    try {
      const set = await fetchKeySet(url, timeoutMs);
      const found = await Promise.all(set.map(importKey));
      keys = found.filter((key) => key !== undefined);
      readAt = now();
      const all = JSON.stringify(set);
      if (all === text) return;
      text = all;
      generation += 1;
      log.info("keys of the issuer read", {
        kids: keys.map(({ kid }) => kid),
        ignored: set.length - keys.length,
      });
    } catch (error) {
      log.warn("keys of the issuer not read", { url, kept: keys.length, error });
    }
  }

  function matching({ alg, kid }: KeyHint): CryptoKey[] {
    const found = keys.filter((key) => key.alg === alg && (kid === undefined || key.kid === kid));
    // If several keys match, the token must name one: trying each costs as much as verifying a
    // valid token.
    return found.length === 1 || kid !== undefined ? found.map(({ key }) => key) : [];
  }

  return {
    algorithms: Object.values(ALGORITHMS),
    generation() {
      if (now() >= readAt + REFRESH_MS) void refresh();
      return generation;
    },
    async find(hint) {
      let found = matching(hint);
      const fetching = found.length === 0 ? refresh() : undefined;
      if (fetching) {
        // While there are no keys, every token has to wait.
        if (keys.length > 0 && waiting >= WAITING_MAX) {
          throw new KeysUnavailable(RETRY_EMPTY_MS / 1000);
        }
        waiting += 1;
        await fetching;
        waiting -= 1;
        found = matching(hint);
      }
      if (keys.length === 0) throw new KeysUnavailable(RETRY_EMPTY_MS / 1000);
      return found;
    },
    async ping() {
      if (keys.length === 0) await refresh();
      if (keys.length === 0) throw new KeysUnavailable(RETRY_EMPTY_MS / 1000);
    },
  };
}

/** @throws Error for a response that is not a key set */
async function fetchKeySet(url: string, timeoutMs: number): Promise<JWK[]> {
  const response = await fetch(url, {
    headers: { accept: "application/jwk-set+json, application/json" },
    // Only the configured URL is trusted.
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`The issuer responded with ${response.status}`);
  }
  const text = await textAtMost(response, BYTES_MAX);
  if (text === undefined) throw new Error(`The issuer sent more than ${BYTES_MAX} bytes`);
  const set: unknown = JSON.parse(text);
  const keys = set instanceof Object && "keys" in set ? set.keys : undefined;
  if (!Array.isArray(keys)) throw new Error("The issuer sent no key set");
  const jwks = keys.slice(0, KEYS_MAX).filter(isJwk);
  // An empty list revokes all keys; a list of anything else is not a key set.
  if (jwks.length === 0 && keys.length > 0) throw new Error("The issuer sent no keys");
  return jwks;
}

/** Whether this is a JSON Web Key of any type (RFC 7517, 4.1). */
function isJwk(value: unknown): value is JWK {
  return value instanceof Object && "kty" in value && typeof value.kty === "string";
}

/** The only algorithm of a key, by type and curve (RFC 8725, 3.1). */
const ALGORITHMS: Record<string, string> = {
  "RSA ": "RS256",
  "EC P-256": "ES256",
  "OKP Ed25519": "EdDSA",
};

/** Imports a key; undefined if it does not verify tokens or has another algorithm. */
async function importKey(jwk: JWK): Promise<PublicKey | undefined> {
  try {
    const alg = ALGORITHMS[`${jwk.kty} ${jwk.crv ?? ""}`];
    const isForTokens =
      (jwk.use ?? "sig") === "sig" && (jwk.key_ops ?? ["verify"]).includes("verify");
    if (!alg || !isForTokens || (jwk.alg ?? alg) !== alg) return undefined;
    const key = await importJWK(jwk, alg);
    return key instanceof CryptoKey && key.type === "public"
      ? { kid: jwk.kid, alg, key }
      : undefined;
  } catch {
    return undefined;
  }
}
