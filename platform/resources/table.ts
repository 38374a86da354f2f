/** A table: its columns, how each stores its field, and who owns a row, declared once. */
import type { Row, Statement, Value } from "../database/database.ts";
import { isListed, listOf } from "../database/list.ts";
import { entityTag, isAdmitted, newRevision } from "../http/etag.ts";
import { isOwned } from "../identity/owner.ts";
import type { Stored } from "./answers.ts";
import type { Who } from "./who.ts";

/** How a column stores a field. */
export interface Column<Field> {
  /** Default: the name of the field */
  readonly name?: string;
  write(field: Field): Value;
  read(value: never): Field;
}

const asItIs = <Same>(value: Same): Same => value;

/** A text, the same in both. */
const text: Column<string> = { write: asItIs, read: asItIs };

/** One of a few words. */
function word<Word extends string>(): Column<Word> {
  return { write: asItIs, read: asItIs };
}

/** An RFC 3339 time, stored as milliseconds since 1970. */
const instant: Column<string> = {
  write: (field) => Date.parse(field),
  read: (value) => new Date(value).toISOString(),
};

/** A field that can be absent, stored as NULL. */
function optional<Field>({ write, read, ...column }: Column<Field>): Column<Field | undefined> {
  return {
    ...column,
    write: (field) => (field === undefined ? null : write(field)),
    read: (value) => (value === null ? undefined : read(value)),
  };
}

/** The ways to store a field. A service can add its own. */
const ways = { text, word, instant, optional };

/** A column for every field: omitting one, or one of another type, does not compile. */
type Columns<Resource> = {
  [Name in keyof Resource]-?: Column<
    object extends Pick<Resource, Name> ? Resource[Name] | undefined : Resource[Name]
  >;
};

/** What every resource has. Lists are in the order of its creation. */
interface Resource {
  id: string;
  created_at: string;
  updated_at: string;
}

export interface TableOptions<Fields> {
  /**
   * The field with the id of the user whose row it is. What a caller may see follows from it: a row
   * is read for someone, and a creation is answered to someone, or it does not happen.
   */
  owner: keyof Fields & string;
}

/**
 * Declares a table, for the statements of a store. Besides the columns of the fields it has the
 * columns `version` and `revision`, which make the entity tag of a row; see `etag.ts`.
 */
export function table<Fields extends Resource>(
  name: string,
  describe: (columns: typeof ways) => Columns<Fields>,
  { owner }: TableOptions<Fields>,
) {
  const fields = Object.entries<Column<unknown>>(describe(ways)).map(
    ([field, { name: column = field, write, read }]): Field => ({
      field,
      name: column,
      write,
      read,
    }),
  );
  const columns = [...fields.map((one) => one.name), "version", "revision"];
  const parameters = columns.map((_, index) => `$${index + 1}`).join(", ");
  const insert = `INSERT INTO ${name} (${columns.join(", ")}) VALUES (${parameters})`;
  const ownerColumn = fields.find(({ field }) => field === owner)?.name ?? owner;
  const read = compileReader<Fields>(fields);

  const isFor = (who: Who, row: Row) => who.owns(row[ownerColumn] as string);

  return {
    name,
    /** The field with the id of the user whose row it is. */
    owner,

    /** The id of the user whose resource it is. */
    ownerOf: (resource: Fields) => String(resource[owner]),

    /** For `SELECT` and `RETURNING`. */
    columns: columns.join(", "),

    /**
     * SQL: whether the row is the owner's in the parameter, for example `isOwned("$2")`. Changes
     * need it, and lists, whose pages it fills.
     */
    isOwned: (parameter: string) => isOwned(parameter, ownerColumn),

    /** SQL: whether the parameter accepts the tag of the row, for example `isAdmitted("$5")`. */
    isAdmitted,

    /** SQL: whether the column has one of the values of the parameter, from {@link listOf}. */
    isListed,
    listOf,

    /** SQL: the time of a change in the parameter, for example `timeOfChange("$4")`. */
    timeOfChange,
    /** For the column `revision`, at each write. */
    newRevision,

    /** Returns the INSERT of a resource, which has been written `version` times. */
    insert: (resource: Fields, version = 1): Statement => written(resource, version).insert,

    /** Returns a new resource with its INSERT and its entity tag, for `created`. */
    creation: (resource: Fields) => ({ resource, ...written(resource, 1) }),

    /** Returns the resource of the first row, if there is one that is for the caller. */
    first: ([row]: readonly Row[], who: Who): Stored<Fields> | undefined =>
      row && isFor(who, row) ? read(row) : undefined,

    /**
     * Returns the resources of the rows.
     *
     * @throws Error if one is not for the caller: the statement has to leave it out, because pages
     *   would have gaps
     */
    all(rows: readonly Row[], who: Who): Stored<Fields>[] {
      return rows.map((row) => {
        if (!isFor(who, row)) throw new Error(`A list of ${name} has a row of another user`);
        return read(row);
      });
    },
  };

  function written(resource: Fields, version: number): { insert: Statement; tag: string } {
    const revision = newRevision();
    const values = fields.map(({ field, write }) => write(resource[field as keyof Fields]));
    const tag = entityTag({ version, revision, updated_at: Date.parse(resource.updated_at) });
    return { insert: { text: insert, values: [...values, version, revision] }, tag };
  }
}

interface Field extends Column<unknown> {
  field: string;
  name: string;
}

/**
 * Compiles the function that reads a row, as TypeBox compiles checks. A loop over the columns would
 * take a tenth of the time of a page. Each `read` is a variable of its own, which the engine can
 * inline.
 */
function compileReader<Fields>(fields: readonly Field[]): (row: Row) => Stored<Fields> {
  const names = fields.map((_, index) => `read${index}`);
  const members = fields.map(({ field, name, read }, index) => {
    const value = `row[${JSON.stringify(name)}]`;
    return `${JSON.stringify(field)}: ${read === asItIs ? value : `read${index}(${value})`}`;
  });
  const stored = `{ id: row.id, createdAt: row.created_at, tag: tagOf(row), value: { ${members.join(", ")} } }`;
  const compiled = new Function("tagOf", ...names, `return (row) => (${stored})`);
  return compiled(entityTag, ...fields.map(({ read }) => read));
}

/**
 * Takes the rest of a contract value after destructuring its fields. Does not compile if a field is
 * left.
 *
 * @example const { name, email, ...rest } = patch; nothingLeft(rest);
 */
export function nothingLeft(_rest: Record<string, never>): void {}

/**
 * SQL: the time in the parameter, but none before the row was created and last changed, because
 * the clock of a machine may step back.
 */
function timeOfChange(parameter: string): string {
  return `CASE
    WHEN ${parameter} >= updated_at AND ${parameter} >= created_at THEN ${parameter}
    WHEN updated_at >= created_at THEN updated_at
    ELSE created_at END`;
}
