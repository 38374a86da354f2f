/** A table, whose columns stand in one place: what reads, writes and returns rows cannot differ in them. */
import type { Row, Statement } from "./database.ts";

export interface Table<R extends Row> {
  /** The names with commas between them, for `SELECT`, `RETURNING` and `INSERT`. */
  readonly columns: string;
  /** The INSERT of one row. */
  insert(row: R): Statement;
}

/**
 * Describes a table to the statements about it.
 *
 * @param columns each column of the row; one that is missing does not compile. The row has to be a type
 *   and no interface, which could have more of them.
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
