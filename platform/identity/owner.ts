/** The owner whose resources a request may see and change, as a parameter of a statement. */

declare const owner: unique symbol;
/** The id of one user, or {@link ANYONE}. */
export type Owner = string & { readonly [owner]: never };

/** Everyone's resources. Cannot be the id of a user, because no subject is empty. */
export const ANYONE = "" as Owner;

/** Only the resources of the user with this id. */
export function ownedBy(subject: string): Owner {
  if (subject === "") throw new Error("A subject cannot be empty");
  return subject as Owner;
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
