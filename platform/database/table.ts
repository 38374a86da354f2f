/**
 * A table whose columns are listed in one place, so that reads and writes cannot disagree about
 * them.
 */
import type { Row, Statement } from "./database.ts";

export interface Table<R extends Row> {
  /** The column names, joined with commas, for `SELECT`, `RETURNING` and `INSERT`. */
  readonly columns: string;
  /** Returns the INSERT of one row. */
  insert(row: R): Statement;
}

/**
 * Describes a table for its statements.
 *
 * @param columns each column of the row; omitting one does not compile. The row must be a type, not
 *   an interface, which could be extended.
 */
export function table<R extends Row>(name: string, columns: { [Name in keyof R]: true }): Table<R> {
  const names = Object.keys(columns);
  const list = names.join(", ");
  const parameters = names.map((_, index) => `$${index + 1}`).join(", ");
  const text = `INSERT INTO ${name} (${list}) VALUES (${parameters})`;
  return {
    columns: list,
    insert: (row) => ({ text, values: names.map((column) => row[column] ?? null) }),
  };
}
