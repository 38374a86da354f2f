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

/** Returns the scopes that a service would have if another one called it, and that nobody has now. */
export function unusedScopesOf(family: Family): Scope[] {
  const used = serviceScopesOf(family);
  return family.map(({ name }): Scope => `${name}:read:any`).filter((one) => !used.includes(one));
}

export function scopesOf(family: Family): Scopes {
  return Object.fromEntries([
    ...family.flatMap(({ name, allows: { read, write } }) => [
      [`${name}:read`, read],
      [`${name}:write`, write],
    ]),
    ...serviceScopesOf(family).map((scope) => {
      const [callee] = scope.split(":", 1);
      return [scope, `Read any of the ${callee} by id, and nothing else`];
    }),
    ["admin", "Do everything, for everyone"],
  ]);
}
