/** The owner whose resources a request may see and change, as a parameter of a statement. */
import { Id } from "../contract/schemas.ts";

declare const owner: unique symbol;
/** The id of one user, {@link ANYONE} or {@link NOBODY}. */
export type Owner = string & { readonly [owner]: never };

/** Everyone's resources. Cannot be the id of a user, because no subject is empty. */
export const ANYONE = "" as Owner;

/** No resources. Cannot be the id of a user, because no id starts with a dot. */
export const NOBODY = "." as Owner;

const ID = new RegExp(Id.pattern as string);

/**
 * Only the resources of the user with this id. A subject that cannot be an id owns nothing. It is in
 * no statement: Postgres rejects some, and an index has no room for long ones.
 */
export function ownedBy(subject: string): Owner {
  if (subject === "") throw new Error("A subject cannot be empty");
  return ID.test(subject) ? (subject as Owner) : NOBODY;
}

/** Returns what separates the idempotency keys of a subject from those of others. */
export function keyOwner(subject: string): string {
  if (ID.test(subject)) return subject;
  // As JSON, because all lone surrogates become the same bytes.
  const hasher = new Bun.CryptoHasher("sha256").update(JSON.stringify(subject));
  return `.${hasher.digest("hex")}`;
}

/** Whether the owner may see resources of this user. */
export function owns(owner: Owner, userId: string): boolean {
  return owner === ANYONE || owner === userId;
}

/**
 * SQL: whether the column names the owner in the parameter, for example `isOwned("$2", "user_id")`.
 */
export function isOwned(parameter: string, column: string): string {
  return `(${parameter} = '${ANYONE}' OR ${column} = ${parameter})`;
}
