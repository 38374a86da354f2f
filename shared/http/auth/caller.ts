/** Who asks. */

/** What a token may allow. Each but the last two is for what belongs to the caller itself. */
export const SCOPES = {
  "users:read": "Read your own user",
  "users:write": "Create, change and delete your own user",
  "orders:read": "Read your own orders",
  "orders:write": "Create and cancel your own orders",
  "users:read:any": "Read any user by id, and nothing else",
  admin: "Do everything, for all users",
} as const;
export type Scope = keyof typeof SCOPES;

/** A caller, as its token describes it. */
export interface Caller {
  /** The `sub` of the token: the id of its user. */
  readonly subject: string;
  /** Stands for the subject in the log: the first 12 hex digits of its SHA-256. */
  readonly hash: string;
  /** The `scope` of the token, with whatever else the issuer put there. */
  readonly scopes: ReadonlySet<string>;
}
