/** Pages by keyset: a cursor names the last row seen, so inserts and deletes move nothing. */
import { Value } from "@sinclair/typebox/value";

import { Id } from "../types.ts";
import { ProblemError } from "./failure.ts";
import { invalidQuery } from "./failures.ts";

/** A place in a list that is ordered by age and id. */
export interface Position {
  createdAt: number;
  id: string;
}

/** Before the first row. */
const START: Position = { createdAt: -1, id: "" };

/** Whether this comes after that position. */
export function isAfter({ createdAt, id }: Position, position: Position): boolean {
  return createdAt > position.createdAt || (createdAt === position.createdAt && id > position.id);
}

/** What a list is filtered by; a cursor is good for the filter that it was made with and no other. */
export type Filter = readonly (string | undefined)[];

/** The cursor of the page after this row. */
export function encodeCursor(filter: Filter, { createdAt, id }: Position): string {
  const json = JSON.stringify([tagOf(filter), createdAt, id]);
  return Buffer.from(json).toString("base64url");
}

/**
 * Where a page starts; without a cursor, at the start.
 *
 * @throws ProblemError 400 for what {@link encodeCursor} did not make, or made for another filter
 */
export function decodeCursor(filter: Filter, cursor: string | undefined): Position {
  if (cursor === undefined) return START;
  const position = parseCursor(cursor);
  // Exactly one text is the cursor of this place in this list.
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

/**
 * One page out of `limit + 1` rows, and the `Link` header to the next one (RFC 8288) where the row
 * too many tells that there is one.
 */
export function pageOf<Row extends Position>(
  rows: readonly Row[],
  { limit, filter, url }: { limit: number; filter: Filter; url: string },
): { page: readonly Row[]; link: string | undefined } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  if (rows.length <= limit || !last) return { page, link: undefined };
  const { pathname, searchParams } = new URL(url);
  searchParams.set("cursor", encodeCursor(filter, last));
  return { page, link: `<${pathname}?${searchParams}>; rel="next"` };
}
