/** The public keys of an issuer, fetched from its key set (RFC 7517, 5). */
import { importJWK, type JWK } from "jose";

import { outside, textAtMost } from "../http/fetch.ts";
import type { Log } from "../process/log.ts";
import { type KeyHint, type Keys, KeysUnavailable } from "./keys.ts";

/** The timeout of a fetch, body included. */
const TIMEOUT_MS = 5_000;
/** The size limit of a key set. */
const BYTES_MAX = 1_048_576;
/** The maximum number of keys used from one set: issuers have a handful. */
const KEYS_MAX = 100;
/** Keys of this age are fetched again while requests go on, so that a busy service never waits. */
const REFRESH_MS = 4 * 60_000;
/** A token waits for the refresh of older keys: a withdrawn key is accepted for no longer. */
const FRESH_MS = 5 * 60_000;
/** How long it waits. Then the previous keys are used, until the next attempt. */
const WAIT_MS = 1_000;
/** The default of `AUTH_JWKS_STALE_MS`. */
const STALE_MS = 60 * 60_000;
/** The minimum time between two fetches, whatever keys callers invent. */
const RETRY_MS = 10_000;
/** The same while there are no keys, and every request with a token fails. */
const RETRY_EMPTY_MS = 1_000;
/** The most tokens that wait for a fetch, so that invented keys do not occupy MAX_IN_FLIGHT. */
const WAITING_MAX = 32;

export interface KeySetOptions {
  url: string;
  log: Log;
  /**
   * `AUTH_JWKS_STALE_MS`: the age of the oldest keys in use while fetching fails; those of the last
   * five minutes always are. Default: 1 hour
   */
  staleMs?: number;
  /** Default: 5000 */
  timeoutMs?: number;
  /** How long a token waits for a refresh, in milliseconds. Default: 1000 */
  waitMs?: number;
  /** A monotonic clock, in milliseconds. Default: `performance.now` */
  now?: () => number;
}

interface PublicKey {
  kid: unknown;
  alg: string;
  key: CryptoKey;
}

/** An attempt to fetch the set. */
interface Attempt {
  /** Resolves when it has ended. Never rejects. */
  ended: Promise<void>;
  /** Resolves then or after the longest wait; undefined from that time on. */
  awaited: Promise<void> | undefined;
}

/**
 * Fetches the key set on first use, then regularly, and when a token names an unknown key. If a
 * fetch fails, the latest keys stay in use until they are too old.
 */
export function createKeySet({
  url,
  log,
  staleMs = STALE_MS,
  timeoutMs = TIMEOUT_MS,
  waitMs = WAIT_MS,
  now = () => performance.now(),
}: KeySetOptions): Keys {
  let keys: readonly PublicKey[] = [];
  let text = "";
  let generation = 0;
  let readAt = -Infinity;
  let requestedAt = -Infinity;
  let attempt: Attempt | undefined;
  let waiting = 0;

  function isUsable(): boolean {
    return keys.length > 0 && now() < readAt + Math.max(staleMs, FRESH_MS);
  }

  /** Returns the attempt that is under way, or starts one; undefined if one ended a moment ago. */
  function refresh(): Attempt | undefined {
    const pause = isUsable() ? RETRY_MS : RETRY_EMPTY_MS;
    if (!attempt && now() >= requestedAt + pause) {
      requestedAt = now();
      attempt = begin();
    }
    return attempt;
  }

  function begin(): Attempt {
    const late = Promise.withResolvers<void>();
    const ended = read().finally(() => {
      clearTimeout(timer);
      attempt = undefined;
    });
    const begun: Attempt = { ended, awaited: Promise.race([ended, late.promise]) };
    const timer = setTimeout(() => {
      begun.awaited = undefined;
      late.resolve();
    }, waitMs);
    return begun;
  }

  function settle(): Promise<void> | undefined {
    const age = now() - readAt;
    const refreshing = age < REFRESH_MS ? undefined : refresh();
    return age < FRESH_MS ? undefined : refreshing?.awaited;
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
      log.warn("keys of the issuer not read", { url, kept: isUsable() ? keys.length : 0, error });
    }
  }

  function matching({ alg, kid }: KeyHint): CryptoKey[] {
    if (!isUsable()) return [];
    const found = keys.filter((key) => key.alg === alg && (kid === undefined || key.kid === kid));
    // If several keys match, the token must name one: trying each costs as much as verifying a
    // valid token.
    return found.length === 1 || kid !== undefined ? found.map(({ key }) => key) : [];
  }

  return {
    algorithms: Object.values(ALGORITHMS),
    settle,
    generation: () => (isUsable() ? generation : undefined),
    async find(hint) {
      if (isUsable()) await settle();
      let found = matching(hint);
      const fetching = found.length === 0 ? refresh() : undefined;
      if (fetching) {
        // While there are no keys, every token has to wait.
        if (isUsable() && waiting >= WAITING_MAX) throw new KeysUnavailable(RETRY_EMPTY_MS / 1000);
        waiting += 1;
        await fetching.ended;
        waiting -= 1;
        found = matching(hint);
      }
      if (!isUsable()) throw new KeysUnavailable(RETRY_EMPTY_MS / 1000);
      return found;
    },
    async ping() {
      // Probes keep the keys of an idle service fresh.
      void settle();
      if (!isUsable()) await refresh()?.ended;
      if (!isUsable()) throw new KeysUnavailable(RETRY_EMPTY_MS / 1000);
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
    ...outside(url),
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
