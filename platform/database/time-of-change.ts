/** The time of a change, although the clock of a machine may step back. */

/**
 * SQL: the time in the parameter, but none before the row was created and last changed, for example
 * `timeOfChange("$3")`.
 */
export function timeOfChange(parameter: string): string {
  return `CASE
    WHEN ${parameter} >= updated_at AND ${parameter} >= created_at THEN ${parameter}
    WHEN updated_at >= created_at THEN updated_at
    ELSE created_at END`;
}
