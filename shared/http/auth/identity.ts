/** Finds out who asks, before anything else is done for them. */
import { contextOf } from "../context.ts";
import { ProblemError } from "../failure.ts";
import { invalidToken, keysUnavailable, malformedToken, tokenNeeded } from "../failures.ts";
import { type BearerError, bearerToken, challenge, MALFORMED } from "./bearer.ts";
import type { Caller } from "./caller.ts";
import { KeysUnavailable } from "./keys.ts";
import { InvalidToken, type Reason, type Verifier } from "./verifier.ts";

export interface IdentityOptions {
  verifier: Verifier;
  /** The name of the service, for `WWW-Authenticate`. */
  realm: string;
  /** Told of each token that is not accepted. Default: nobody */
  refused?: (reason: Reason) => void;
}

/**
 * Writes into the context of each request who asks, or why that is not known: it is for the route to say
 * whether it matters. Without a promise for a token that is remembered, and for none.
 */
export function createIdentity({ verifier, realm, refused }: IdentityOptions) {
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

  return {
    /** Who sends this request. */
    identify(request: Request): void | Promise<void> {
      const context = contextOf(request);
      const token = bearerToken(request.headers);
      if (token === undefined) {
        context.caller = refusal(tokenNeeded);
      } else if (token === MALFORMED) {
        context.caller = refusal(malformedToken, { error: "invalid_request" });
      } else {
        const known = verifier.recall(token);
        if (known === undefined) {
          return judge(token).then((caller) => {
            context.caller = caller;
          });
        }
        context.caller = known;
      }
      return undefined;
    },
  };
}
export type Identity = ReturnType<typeof createIdentity>;
