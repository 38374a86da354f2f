/** The scopes that a family of services knows. */
import type { Scope } from "../http/security.ts";
import { calleesOf, type Family } from "../process/family.ts";

/** All scopes with their descriptions. */
export type Scopes = Readonly<Partial<Record<string, string>>>;

/**
 * Returns the scopes of services, which send requests for many callers: one for each service that
 * others call.
 */
export function serviceScopesOf(family: Family): Scope[] {
  return calleesOf(family).map((callee): Scope => `${callee}:read:any`);
}

export function scopesOf(family: Family): Scopes {
  return Object.fromEntries([
    ...family.flatMap(({ name }) => [
      [`${name}:read`, `Read your own ${name}`],
      [`${name}:write`, `Create and change your own ${name}`],
    ]),
    ...serviceScopesOf(family).map((scope) => [scope, "Read any by id, and nothing else"]),
    ["admin", "Do everything, for everyone"],
  ]);
}
