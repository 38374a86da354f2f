/** Who asks. */
import { ASKED, type Asked, type ServiceName, SERVICES } from "../../../services.ts";

/** What a token may allow. */
export type Scope = `${ServiceName}:${"read" | "write"}` | `${Asked}:read:any` | "admin";

/** Those of services, which ask for many callers: what one needs of each that it asks. */
export const SERVICE_SCOPES = ASKED.map((asked) => `${asked}:read:any` as const);

/** Each with what it allows. */
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
  /** Stands for the subject in the log: the first 12 hex digits of its SHA-256. */
  readonly hash: string;
  /** The `scope` of the token, with whatever else the issuer put there. */
  readonly scopes: ReadonlySet<string>;
}
