/** A list as one parameter of a statement, so that the SQL text is the same for any length. */

/** Joins the values with commas. No value may contain a comma. */
export function listOf(values: readonly (string | number)[]): string {
  return `,${values.join(",")},`;
}

/**
 * SQL: whether the column equals one of the values of the parameter, for example `isListed("$4",
 * "status")`.
 */
export function isListed(parameter: string, column: string): string {
  return `${parameter} LIKE '%,' || ${column} || ',%'`;
}
