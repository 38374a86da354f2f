/** Verifies tokens: JWTs signed by the issuer (RFC 7519), as RFC 8725 and RFC 9068 advise. */
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";

import type { Caller } from "../http/context.ts";
import type { MaybePromise } from "../process/and-then.ts";
import { shortHash } from "../process/short-hash.ts";
import { scopesGranted } from "./granted.ts";
import type { Keys } from "./keys.ts";

/** The accepted difference between the clocks of the issuer and this service. */
const LEEWAY_SECONDS = 5;
/** The length limit of a token; those of common issuers have a tenth of it. */
const TOKEN_LENGTH_MAX = 8_192;
/** The total length of the cached tokens, in characters: some thousands of tokens. */
const REMEMBERED_LENGTH_MAX = 4 * 1024 * 1024;
/** Most issuers write `JWT`; RFC 9068 requires `at+jwt`. Either may be a full media type. */
const TYPES = ["jwt", "at+jwt"];

/** The reasons to reject a token. None contains any part of the token. */
export const REASONS = [
  "malformed",
  "too long",
  "type",
  "critical header",
  "algorithm",
  "unknown key",
  "signature",
  "expired",
  "claim",
] as const;
export type Reason = (typeof REASONS)[number];

/**
 * A rejected token. The reason is for the log; the client only learns that the token is invalid.
 */
export class InvalidToken extends Error {
  override readonly name = "InvalidToken";
  /** @param claim the name of the invalid claim. Default: none */
  constructor(
    readonly reason: Reason,
    claim?: string,
  ) {
    super(`The token is not accepted: ${[reason, claim].filter(Boolean).join(" ")}`);
  }
}

export interface VerifierOptions {
  keys: Keys;
  /** The required `iss`. */
  issuer: string;
  /** The required `aud`, or one of its values. */
  audience: string;
  /** Milliseconds since 1970. Default: `Date.now` */
  now?: () => number;
  /** The total length of the cached tokens, in characters. Default: 4 Mi */
  rememberedLengthMax?: number;
}

interface Remembered {
  caller: Caller;
  /** Milliseconds since 1970. */
  expiresAt: number;
  generation: number | undefined;
}

/** Creates a verifier that caches valid tokens until they expire or the keys change. */
export function createVerifier({
  keys,
  issuer,
  audience,
  now = Date.now,
  rememberedLengthMax = REMEMBERED_LENGTH_MAX,
}: VerifierOptions) {
  const remembered = new Map<string, Remembered>();
  let rememberedLength = 0;

  function forget(token: string): void {
    if (remembered.delete(token)) rememberedLength -= token.length;
  }

  function remember(token: string, found: Remembered): void {
    forget(token);
    remembered.set(token, found);
    rememberedLength += token.length;
    for (const oldest of remembered.keys()) {
      if (rememberedLength <= rememberedLengthMax) return;
      forget(oldest);
    }
  }

  function recallNow(token: string): Caller | undefined {
    const found = remembered.get(token);
    const generation = keys.generation();
    if (!found || generation === undefined) return undefined;
    if (found.expiresAt > now() && found.generation === generation) return found.caller;
    forget(token);
    return undefined;
  }

  async function check(token: string): Promise<Remembered> {
    const hint = hintOf(token);
    if (!keys.algorithms.includes(hint.alg)) throw new InvalidToken("algorithm");
    const candidates = await keys.find(hint);
    const generation = keys.generation();
    let refusal = new InvalidToken("unknown key");
    for (const key of candidates) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [hint.alg],
          issuer,
          audience,
          requiredClaims: ["exp", "sub"],
          clockTolerance: LEEWAY_SECONDS,
          currentDate: new Date(now()),
        });
        return { ...callerOf(payload), generation };
      } catch (error) {
        refusal = asInvalid(error);
        if (refusal.reason !== "signature") break;
      }
    }
    throw refusal;
  }

  return {
    /**
     * Returns the caller of a cached token; undefined if it is not cached or no longer valid. Returns
     * a promise only while the keys are too old.
     */
    recall(token: string): MaybePromise<Caller | undefined> {
      if (!remembered.has(token)) return undefined;
      const settling = keys.settle();
      return settling ? settling.then(() => recallNow(token)) : recallNow(token);
    },

    /**
     * Verifies a token and returns its caller.
     *
     * @throws InvalidToken if the token is not valid
     * @throws KeysUnavailable if there are no keys
     */
    async verify(token: string): Promise<Caller> {
      if (token.length > TOKEN_LENGTH_MAX) throw new InvalidToken("too long");
      const found = await check(token);
      remember(token, found);
      return found.caller;
    },

    /** The number of cached tokens. */
    remembered: () => remembered.size,
  };
}
export type Verifier = ReturnType<typeof createVerifier>;

/**
 * Reads the header of a token.
 *
 * @throws InvalidToken if the header is not acceptable
 */
function hintOf(token: string): { alg: string; kid: string | undefined } {
  let header;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    throw new InvalidToken("malformed");
  }
  const { alg, kid, typ = "JWT" }: Record<string, unknown> = header;
  // We know no critical header, so we must reject all (RFC 7515, 4.1.11).
  if ("crit" in header) throw new InvalidToken("critical header");
  const type = typeof typ === "string" ? typ.toLowerCase().replace(/^application\//, "") : "";
  if (!TYPES.includes(type)) throw new InvalidToken("type");
  if (kid !== undefined && typeof kid !== "string") throw new InvalidToken("malformed");
  return { alg: typeof alg === "string" ? alg : "", kid };
}

function callerOf(claims: JWTPayload): Omit<Remembered, "generation"> {
  const { sub, exp } = claims;
  if (typeof sub !== "string" || sub === "") throw new InvalidToken("claim", "sub");
  // JSON numbers can be too large for a double, and become Infinity.
  if (exp === undefined || !Number.isFinite(exp)) throw new InvalidToken("claim", "exp");
  return {
    caller: { subject: sub, hash: shortHash(sub), scopes: scopesGranted(claims) },
    expiresAt: (exp + LEEWAY_SECONDS) * 1000,
  };
}

/** Maps an error of `jose` to the reason. */
function asInvalid(error: unknown): InvalidToken {
  if (error instanceof InvalidToken) return error;
  if (error instanceof errors.JWTExpired) return new InvalidToken("expired");
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new InvalidToken("claim", error.claim);
  }
  const isSignature = error instanceof errors.JWSSignatureVerificationFailed;
  return new InvalidToken(isSignature ? "signature" : "malformed");
}
