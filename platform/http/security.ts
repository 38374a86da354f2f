/** The security that routes declare, as in the OpenAPI document. */
import type { AnyElysia } from "elysia";

/** The name of the security scheme in the OpenAPI document. */
export const BEARER = "bearer";

/**
 * Scopes: for the caller's own resources of a service, for any by id, and for everything. An app
 * with a route that needs one of no service is not composed.
 */
export type Scope = `${string}:${"read" | "write" | "read:any"}` | "admin";

/** Whether a scope shows everyone's resources: one by one, and never a list of them. */
export function isWide(scope: Scope): boolean {
  return scope.endsWith(":any");
}

/** The requirements of a route, of which one must be met. */
export interface Security {
  security: { [BEARER]: Scope[] }[];
}

/** For the `detail` of a route: the caller needs one of these scopes or `admin`. */
export function needs(...scopes: readonly Scope[]): Security {
  const alternatives: Scope[] = [...scopes, "admin"];
  return { security: alternatives.map((scope) => ({ [BEARER]: [scope] })) };
}

/** The caller needs the scope `admin`. */
export const ADMIN: Security = { security: [{ [BEARER]: ["admin"] }] };

/** No token is needed. */
export const OPEN: Security = { security: [] };

/**
 * Reads the scopes that a route declares, of which a caller needs one; none if anyone may use it,
 * undefined if it declares nothing.
 */
export function scopesIn(detail: Partial<Security> = {}): Scope[] | undefined {
  return detail.security?.flatMap((one) => one[BEARER]);
}

/** The scopes of each route, by method and path; undefined for a route that declares none. */
export type Needs = ReadonlyMap<string, readonly Scope[] | undefined>;

/** Reads the scopes that the routes of an app declare. */
export function needsOf({ routes }: Pick<AnyElysia, "routes">): Needs {
  return new Map(
    routes.map(({ method, path, hooks }) => [`${method} ${path}`, scopesIn(hooks?.detail)]),
  );
}
