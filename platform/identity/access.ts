/** The checks that routes make of their callers. */
import { type Caller, contextOf } from "../http/context.ts";
import { ProblemError } from "../http/failure.ts";
import { insufficientScope } from "../http/failures.ts";
import type { Scope } from "../http/security.ts";
import { challenge } from "./bearer.ts";
import { ANYONE, keyOwner, ownedBy, type Owner } from "./owner.ts";

/** The checks that routes make of the caller of a request. */
export interface Access {
  /**
   * The owner whose resources the caller may see and change: with `admin` or a scope in `wide`,
   * everyone's.
   */
  owner(request: Request, ...wide: Scope[]): Owner;
  /** Whose idempotency keys the caller uses: nobody else's. Empty with `AUTH=off`. */
  keyOwner(request: Request): string;
  /** Whether the caller has the scope `admin`. */
  isAdmin(request: Request): boolean;
}

/** Allows everyone everything: `AUTH=off`. */
export const openAccess: Access = {
  owner: () => ANYONE,
  keyOwner: () => "",
  isAdmin: () => true,
};

/** Allows callers what their scopes allow, with their own resources. */
export function createAccess(): Access {
  return {
    owner(request, ...wide) {
      const { subject, scopes } = callerOf(request);
      const isWide = scopes.has("admin") || wide.some((scope) => scopes.has(scope));
      return isWide ? ANYONE : ownedBy(subject);
    },
    keyOwner: (request) => keyOwner(callerOf(request).subject),
    isAdmin: (request) => callerOf(request).scopes.has("admin"),
  };
}

/** @throws ProblemError if the caller is not authenticated */
export function callerOf(request: Request): Caller {
  const { caller } = contextOf(request);
  if (caller instanceof ProblemError) throw caller;
  if (caller === undefined) throw new Error("The caller of this request has not been identified");
  return caller;
}

/** The failure of a caller without this scope. */
export function lacking(realm: string, scope: Scope): ProblemError {
  const headers = { "www-authenticate": challenge(realm, "insufficient_scope", scope) };
  return new ProblemError(insufficientScope, { headers });
}
