/** What routes say that they need, and what they ask of their callers. */
import { contextOf } from "../context.ts";
import { ProblemError } from "../failure.ts";
import { insufficientScope } from "../failures.ts";
import { challenge } from "./bearer.ts";
import type { Caller, Scope } from "./caller.ts";
import { ANYONE, ownedBy, type Owner } from "./owner.ts";

/** The name of the way to show a token, in the OpenAPI document. */
export const BEARER = "bearer";

/** What a route needs, as the OpenAPI document has it: one of these. */
export interface Security {
  security: { [BEARER]: Scope[] }[];
}

/** A route for whoever has one of these scopes, or `admin`: to be put into its `detail`. */
export function needs(...scopes: [Scope, ...Scope[]]): Security {
  const alternatives: Scope[] = [...scopes, "admin"];
  return { security: alternatives.map((scope) => ({ [BEARER]: [scope] })) };
}

/** A route for `admin` alone. */
export const ADMIN: Security = { security: [{ [BEARER]: ["admin"] }] };

/** A route for anyone. */
export const OPEN: Security = { security: [] };

/** What routes ask of the caller of a request. */
export interface Access {
  /** Whether callers have to show who they are. */
  readonly enforced: boolean;
  /** Whose things the caller may see and change: with one of these scopes or `admin`, anyone's. */
  owner(request: Request, ...wide: Scope[]): Owner;
  /** The subject of the caller, under which its idempotency keys are kept; empty if nobody has one. */
  subject(request: Request): string;
  /** @throws ProblemError 403 if the caller is no `admin`: this is not for the owner to do */
  mustBeAdmin(request: Request): void;
}

/** Everyone may do everything: `AUTH=off`. */
export const openAccess: Access = {
  enforced: false,
  owner: () => ANYONE,
  subject: () => "",
  mustBeAdmin() {},
};

/** Everyone may do what their token allows, with what is theirs. */
export function createAccess(realm: string): Access {
  return {
    enforced: true,
    owner(request, ...wide) {
      const { subject, scopes } = callerOf(request);
      const isWide = scopes.has("admin") || wide.some((scope) => scopes.has(scope));
      return isWide ? ANYONE : ownedBy(subject);
    },
    subject: (request) => callerOf(request).subject,
    mustBeAdmin(request) {
      if (!callerOf(request).scopes.has("admin")) throw lacking(realm, "admin");
    },
  };
}

/** @throws ProblemError if it is not known who asks */
export function callerOf(request: Request): Caller {
  const { caller } = contextOf(request);
  if (caller instanceof ProblemError) throw caller;
  if (caller === undefined) throw new Error("Nobody has asked who sends this request");
  return caller;
}

/** What whoever lacks this scope is refused with. */
export function lacking(realm: string, scope: Scope): ProblemError {
  const headers = { "www-authenticate": challenge(realm, "insufficient_scope", scope) };
  return new ProblemError(insufficientScope, { headers });
}
