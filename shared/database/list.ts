/** A list as one value of a statement, so that the text of the statement is the same for any length. */

/** The values between commas. None may hold a comma itself. */
export function listOf(values: readonly (string | number)[]): string {
  return `,${values.join(",")},`;
}

/** SQL: whether the column is one of the values of the parameter, for example `isListed("$4", "status")`. */
export function isListed(parameter: string, column: string): string {
  return `${parameter} LIKE '%,' || ${column} || ',%'`;
}
