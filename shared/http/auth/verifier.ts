/** Tokens: JWTs signed by the issuer (RFC 7519), judged as RFC 8725 and RFC 9068 advise. */
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";

import type { Caller } from "./caller.ts";
import type { Keys } from "./keys.ts";

/** How far the clocks of the issuer and of this service may be apart. */
const LEEWAY_SECONDS = 5;
/** The longest token that is looked at; those of common issuers have a tenth of it. */
const TOKEN_LENGTH_MAX = 8_192;
/** Characters of all the tokens that are remembered: some thousands of them, and 4 MiB at most. */
const REMEMBERED_LENGTH_MAX = 4 * 1024 * 1024;
/** `JWT` is what most issuers write, `at+jwt` what RFC 9068 asks for; a media type may be whole. */
const TYPES = ["jwt", "at+jwt"];

/** What may be wrong with a token, in words that have nothing of the token in them. */
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

/** A token that is not accepted. The reason is for the log: the client is told nothing but that. */
export class InvalidToken extends Error {
  override readonly name = "InvalidToken";
  /** @param claim the name of the one that does not fit. Default: none */
  constructor(
    readonly reason: Reason,
    claim?: string,
  ) {
    super(`The token is not accepted: ${[reason, claim].filter(Boolean).join(" ")}`);
  }
}

export interface VerifierOptions {
  keys: Keys;
  /** Exactly the `iss` of a good token. */
  issuer: string;
  /** Its `aud`, or one of them. */
  audience: string;
  /** Milliseconds since 1970. Default: `Date.now` */
  now?: () => number;
  /** Characters of all the tokens that are remembered. Default: 4 Mi */
  rememberedLengthMax?: number;
}

interface Remembered {
  caller: Caller;
  /** Milliseconds since 1970. */
  expiresAt: number;
  generation: number;
}

/**
 * Says whose token it is. One that was found good is remembered until it expires or the keys change, and
 * then costs a look into a map.
 */
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
    /** Whose token this is, if it was found good before and still is. */
    recall(token: string): Caller | undefined {
      const found = remembered.get(token);
      if (!found) return undefined;
      if (found.expiresAt > now() && found.generation === keys.generation()) return found.caller;
      forget(token);
      return undefined;
    },

    /**
     * Whose token this is.
     *
     * @throws InvalidToken if it is not good
     * @throws KeysUnavailable if there is nothing to tell it by
     */
    async verify(token: string): Promise<Caller> {
      if (token.length > TOKEN_LENGTH_MAX) throw new InvalidToken("too long");
      const found = await check(token);
      remember(token, found);
      return found.caller;
    },

    /** How many tokens are remembered. */
    remembered: () => remembered.size,
  };
}
export type Verifier = ReturnType<typeof createVerifier>;

/** What the header says of the key, of a token that may be looked at further. */
function hintOf(token: string): { alg: string; kid: string | undefined } {
  let header;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    throw new InvalidToken("malformed");
  }
  const { alg, kid, typ = "JWT" }: Record<string, unknown> = header;
  // None is known here, so none can be obeyed (RFC 7515, 4.1.11).
  if ("crit" in header) throw new InvalidToken("critical header");
  const type = typeof typ === "string" ? typ.toLowerCase().replace(/^application\//, "") : "";
  if (!TYPES.includes(type)) throw new InvalidToken("type");
  if (kid !== undefined && typeof kid !== "string") throw new InvalidToken("malformed");
  return { alg: typeof alg === "string" ? alg : "", kid };
}

function callerOf({ sub, exp, scope }: JWTPayload): Omit<Remembered, "generation"> {
  if (typeof sub !== "string" || sub === "") throw new InvalidToken("claim", "sub");
  // JSON has numbers that are too large for one.
  if (exp === undefined || !Number.isFinite(exp)) throw new InvalidToken("claim", "exp");
  const scopes = typeof scope === "string" ? scope.split(" ") : [];
  return {
    caller: { subject: sub, hash: hashOf(sub), scopes: new Set(scopes) },
    expiresAt: (exp + LEEWAY_SECONDS) * 1000,
  };
}

function hashOf(subject: string): string {
  return new Bun.CryptoHasher("sha256").update(subject).digest("hex").slice(0, 12);
}

/** Why it is not good, in words that have nothing of the token in them. */
function asInvalid(error: unknown): InvalidToken {
  if (error instanceof InvalidToken) return error;
  if (error instanceof errors.JWTExpired) return new InvalidToken("expired");
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new InvalidToken("claim", error.claim);
  }
  const isSignature = error instanceof errors.JWSSignatureVerificationFailed;
  return new InvalidToken(isSignature ? "signature" : "malformed");
}
