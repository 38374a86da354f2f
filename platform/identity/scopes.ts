/** Callers and their scopes. */
import { type Callee, CALLEES, type ServiceName, SERVICES } from "../../services.ts";

/** The scopes that the services know. */
export type Scope = `${ServiceName}:${"read" | "write"}` | `${Callee}:read:any` | "admin";

/**
 * The scopes of services, which send requests for many callers: one for each service that others
 * call.
 */
export const SERVICE_SCOPES = CALLEES.map((callee) => `${callee}:read:any` as const);

/** All scopes with their descriptions. */
export const SCOPES = Object.fromEntries([
  ...SERVICES.flatMap(({ name }) => [
    [`${name}:read`, `Read your own ${name}`],
    [`${name}:write`, `Create and change your own ${name}`],
  ]),
  ...SERVICE_SCOPES.map((scope) => [scope, "Read any by id, and nothing else"]),
  ["admin", "Do everything, for all users"],
]) as Record<Scope, string>;

/** A caller, as its token describes it. */
export interface Caller {
  /** The `sub` of the token: the id of its user. */
  readonly subject: string;
  /** Replaces the subject in the log: the first 12 hex digits of its SHA-256. */
  readonly hash: string;
  /** The `scope` of the token, including scopes that the services do not know. */
  readonly scopes: ReadonlySet<string>;
}
