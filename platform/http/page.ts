/** Keyset pagination: a cursor names the last row seen, so inserts and deletes shift nothing. */
import { Value } from "@sinclair/typebox/value";

import { Id } from "../contract/schemas.ts";
import { ProblemError } from "./failure.ts";
import { invalidQuery } from "./failures.ts";

/** A position in a list ordered by creation time and id. */
export interface Position {
  createdAt: number;
  id: string;
}

/** Before the first row. */
const START: Position = { createdAt: -1, id: "" };

/** Whether a row is behind the position. */
export function isAfter({ createdAt, id }: Position, position: Position): boolean {
  return createdAt > position.createdAt || (createdAt === position.createdAt && id > position.id);
}

/** The filter of a list. A cursor is valid only for the filter that it was created with. */
export type Filter = readonly (string | undefined)[];

/** Returns the cursor of the page after this row. */
export function encodeCursor(filter: Filter, { createdAt, id }: Position): string {
  const json = JSON.stringify([tagOf(filter), createdAt, id]);
  return Buffer.from(json).toString("base64url");
}

/**
 * Returns the start position of a page; without a cursor, the start of the list.
 *
 * @throws ProblemError 400 for a cursor that {@link encodeCursor} did not create for this filter
 */
export function decodeCursor(filter: Filter, cursor: string | undefined): Position {
  if (cursor === undefined) return START;
  const position = parseCursor(cursor);
  // Accepts only the canonical form of the cursor.
  if (position && encodeCursor(filter, position) === cursor) return position;
  throw new ProblemError(invalidQuery, {
    errors: [{ pointer: "/cursor", detail: "Expected the cursor of a page of this list" }],
  });
}

function parseCursor(cursor: string): Position | undefined {
  try {
    const [, createdAt, id] = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Value.Check(Id, id) && Number.isSafeInteger(createdAt) && createdAt >= 0
      ? { createdAt, id }
      : undefined;
  } catch {
    return undefined;
  }
}

function tagOf(filter: Filter): string {
  return Bun.hash.xxHash32(JSON.stringify(filter)).toString(36);
}

export interface PageOptions {
  limit: number;
  filter: Filter;
  /** The link starts with it. Default: nothing */
  basePath?: string;
  /** The URL of the request. */
  url: string;
}

/**
 * Returns one page of `limit + 1` rows, and the `Link` header of the next page (RFC 8288) if the
 * extra row exists.
 */
export function pageOf<Row extends Position>(
  rows: readonly Row[],
  { limit, filter, basePath = "", url }: PageOptions,
): { page: readonly Row[]; link: string | undefined } {
  if (rows.length <= limit) return { page: rows, link: undefined };
  const page = rows.slice(0, limit);
  const last = page.at(-1) as Row;
  const { pathname, searchParams } = new URL(url);
  searchParams.set("cursor", encodeCursor(filter, last));
  return { page, link: `<${basePath}${pathname}?${searchParams}>; rel="next"` };
}
