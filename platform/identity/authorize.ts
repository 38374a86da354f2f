/** What callers may do. */
import { type Caller, contextOf } from "../http/context.ts";
import { ProblemError } from "../http/failure.ts";
import { insufficientScope } from "../http/failures.ts";
import type { Scope } from "../http/security.ts";
import { challenge } from "./bearer.ts";
import { ANYONE, keyOwner, ownedBy, type Owner } from "./owner.ts";

/** What the caller of a request may do. */
export interface Authorization {
  /**
   * Whether it may use a route that needs one of these scopes; with none, anyone may.
   *
   * @throws ProblemError 400, 401, 503 if it is not authenticated, 403 if it lacks the scopes
   */
  authorize(request: Request, needed: readonly Scope[]): void;
  /**
   * The owner whose resources it may see and change: with `admin` or a scope in `wide`, everyone's.
   */
  owner(request: Request, wide: readonly Scope[]): Owner;
  /** Whose idempotency keys it uses: nobody else's. Empty with `AUTH=off`. */
  keyOwner(request: Request): string;
  /** Whether it has the scope `admin`. */
  isAdmin(request: Request): boolean;
}

/** Everyone may do everything: `AUTH=off`. */
export const noAuthorization: Authorization = {
  authorize() {},
  owner: () => ANYONE,
  keyOwner: () => "",
  isAdmin: () => true,
};

/**
 * Callers may do what their scopes allow, with their own resources.
 *
 * @param realm the name of the service, for `WWW-Authenticate`
 */
export function createAuthorization(realm: string): Authorization {
  return {
    authorize(request, needed) {
      const [first] = needed;
      if (first === undefined) return;
      const { scopes } = callerOf(request);
      if (!needed.some((scope) => scopes.has(scope))) throw lacking(realm, first);
    },
    owner(request, wide) {
      const { subject, scopes } = callerOf(request);
      const isWide = scopes.has("admin") || wide.some((scope) => scopes.has(scope));
      return isWide ? ANYONE : ownedBy(subject);
    },
    keyOwner: (request) => keyOwner(callerOf(request).subject),
    isAdmin: (request) => callerOf(request).scopes.has("admin"),
  };
}

function callerOf(request: Request): Caller {
  const { caller } = contextOf(request);
  if (caller instanceof ProblemError) throw caller;
  if (caller === undefined) throw new Error("The caller of this request was not authenticated");
  return caller;
}

/** The failure of a caller without this scope. */
export function lacking(realm: string, scope: Scope): ProblemError {
  const headers = { "www-authenticate": challenge(realm, "insufficient_scope", scope) };
  const detail = `The token lacks the scope ${scope}`;
  return new ProblemError(insufficientScope, { headers, detail });
}
