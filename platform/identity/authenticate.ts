/** Finds out who the caller of a request is. */
import type { Authenticate } from "../http/admit/admit.ts";
import { type Caller, contextOf } from "../http/context.ts";
import { ProblemError } from "../http/failure.ts";
import {
  invalidToken,
  keysUnavailable,
  malformedToken,
  overloaded,
  tokenNeeded,
} from "../http/failures.ts";
import type { MaybePromise } from "../process/and-then.ts";
import { createTurns } from "../process/turns.ts";
import { type BearerError, bearerToken, challenge, MALFORMED } from "./bearer.ts";
import { KeysUnavailable } from "./keys.ts";
import { createVerifications } from "./verifications.ts";
import { InvalidToken, type Reason, type Verifier } from "./verifier.ts";

export interface AuthenticateOptions {
  verifier: Verifier;
  /** The name of the service, for `WWW-Authenticate`. */
  realm: string;
  /** Called for each rejected token. Default: nothing */
  refused?: (reason: Reason) => void;
  /**
   * Returns the address of the client, by which unverified tokens are counted. Default: all have
   * the same
   */
  addressOf?: (request: Request) => string;
  /** The most requests that wait for the verification of one token. Default: 512 */
  requestsMax?: number;
}

/**
 * Returns the function that sets the caller in the context of a request, or the failure, which only
 * routes that need a caller throw. It waits for nothing without a token or with a cached one.
 */
export function createAuthenticate({
  verifier,
  realm,
  refused,
  addressOf = () => "",
  requestsMax = 512,
}: AuthenticateOptions): Authenticate {
  const nextTurn = createTurns();
  const verify = createVerifications({ verify: judge, requestsMax });

  function refusal(
    failure: typeof tokenNeeded | typeof invalidToken | typeof malformedToken,
    { error, cause }: { error?: BearerError; cause?: unknown } = {},
  ): ProblemError {
    const headers = { "www-authenticate": challenge(realm, error) };
    return new ProblemError(failure, { headers, cause });
  }

  async function judge(token: string): Promise<Caller | ProblemError> {
    try {
      return await verifier.verify(token);
    } catch (cause) {
      if (cause instanceof InvalidToken) {
        refused?.(cause.reason);
        return refusal(invalidToken, { error: "invalid_token", cause });
      }
      if (!(cause instanceof KeysUnavailable)) throw cause;
      const headers = { "retry-after": String(cause.retryAfterSeconds) };
      return new ProblemError(keysUnavailable, { headers, cause });
    }
  }

  /** Refused if too many other tokens are not verified yet. */
  async function verified(request: Request, token: string): Promise<Caller | ProblemError> {
    return (await verify(token, () => addressOf(request))) ?? new ProblemError(overloaded);
  }

  function callerOf(request: Request): MaybePromise<Caller | ProblemError> {
    const token = bearerToken(request.headers);
    if (token === undefined) return refusal(tokenNeeded);
    if (token === MALFORMED) return refusal(malformedToken, { error: "invalid_request" });
    const recalled = verifier.recall(token);
    return recalled instanceof Promise
      ? // They have waited for the same keys.
        recalled.finally(nextTurn).then((known) => known ?? verified(request, token))
      : (recalled ?? verified(request, token));
  }

  return (request) => {
    const context = contextOf(request);
    const caller = callerOf(request);
    if (caller instanceof Promise) return caller.then((late) => void (context.caller = late));
    context.caller = caller;
    return undefined;
  };
}
