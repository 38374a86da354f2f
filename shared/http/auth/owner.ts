/** Whose things a request may see and change, as a value of a statement. */

declare const owner: unique symbol;
/** The id of one user, or {@link ANYONE}. */
export type Owner = string & { readonly [owner]: never };

/** Everyone's things. No subject is empty, so that it is nobody's name. */
export const ANYONE = "" as Owner;

/** The things of the user with this id, and no others. */
export function ownedBy(subject: string): Owner {
  if (subject === "") throw new Error("Nobody has an empty subject");
  return subject as Owner;
}

/** Whether what belongs to this user may be seen. */
export function owns(owner: Owner, userId: string): boolean {
  return owner === ANYONE || owner === userId;
}

/** SQL: whether the column names the owner in the parameter, for example `isOwned("$2", "user_id")`. */
export function isOwned(parameter: string, column: string): string {
  return `(${parameter} = '${ANYONE}' OR ${column} = ${parameter})`;
}
