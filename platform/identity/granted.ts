/** The scopes that a token grants, in the claims where issuers write them. */
import type { JWTPayload } from "jose";

/**
 * Returns the scopes of all these claims. A claim of another shape grants nothing.
 *
 * - `scope`: a text (RFC 8693, 4.2), as of Keycloak, Auth0 and our own tokens
 * - `scp`: a text, as of Entra, or a list, as of Okta
 * - `permissions`: a list, as of Auth0 with permissions in the token
 * - `roles`: a list, only in a token that Entra issues to a program instead of a user, which has no
 *   `scp`. In the token of a user, roles mean what each application wants.
 */
export function scopesGranted({ scope, scp, permissions, roles, idtyp }: JWTPayload): Set<string> {
  return new Set([
    ...inText(scope),
    ...inText(scp),
    ...inList(scp),
    ...inList(permissions),
    ...(idtyp === "app" ? inList(roles) : []),
  ]);
}

const isText = (value: unknown) => typeof value === "string";

function inText(claim: unknown): string[] {
  return isText(claim) ? claim.split(" ") : [];
}

function inList(claim: unknown): string[] {
  return Array.isArray(claim) && claim.every(isText) ? claim : [];
}
