/** Conditional requests (RFC 9110, 13): each write gives the row a new entity tag. */
import { isListed, listOf } from "../database/list.ts";
import { REVALIDATED } from "./response.ts";

/** The columns that make the entity tag of a row. */
export interface Tagged {
  /** Counts the writes of the row, also those of a program that does not know revisions. */
  version: number;
  /** Drawn at each write; null in a row that was never written since there are revisions. */
  revision: string | null;
  updated_at: number;
}

/** Makes a time as long as a revision, and unlike one. */
const NO_REVISION = "0000000";

/** SQL: the entity tag of the row, as {@link entityTag} returns it. */
const TAG = `'"' || version || COALESCE(revision, '${NO_REVISION}' || updated_at) || '"'`;

/** The tags of rows: no other tag reaches `LIKE`, where some characters have a meaning. */
const TAG_OF_ROW = /^"\d{1,30}"$/;

/**
 * Returns the revision of a write: 64 random bits as 20 digits, so that a row which is created again,
 * or changed again after a backup was restored, does not repeat a tag.
 */
export function newRevision(): string {
  const [bits] = crypto.getRandomValues(new BigUint64Array(1));
  return String(bits).padStart(20, "0");
}

/** Returns the strong entity tag of a row: digits, as the first version of the contract says. */
export function entityTag({ version, revision, updated_at }: Tagged): string {
  return `"${version}${revision ?? NO_REVISION + updated_at}"`;
}

/** Sets the entity tag of a response, and lets the client store the response. */
export function setEntityTag(set: { headers: Record<string, unknown> }, tag: string): void {
  set.headers["etag"] = tag;
  set.headers["cache-control"] = REVALIDATED;
}

declare const tags: unique symbol;
/** The entity tags that an `If-Match` accepts, as one parameter of a statement. */
export type Tags = string & { readonly [tags]: never };

const ANY = "*" as Tags;

/**
 * Reads an `If-Match`; without one, accepts any tag. Weak tags never match (RFC 9110, 8.8.3.2), and
 * tags of another form are of no row.
 */
export function tagsAdmitted(ifMatch: string | undefined): Tags {
  if (ifMatch === undefined || ifMatch === "*") return ANY;
  return listOf(
    tagsIn(ifMatch)
      .filter(({ isWeak, tag }) => !isWeak && TAG_OF_ROW.test(tag))
      .map(({ tag }) => tag),
  ) as Tags;
}

/** Whether an `If-Match` names a weak tag, for example one that a proxy has made weak. */
export function namesWeakTag(ifMatch: string): boolean {
  return tagsIn(ifMatch).some(({ isWeak }) => isWeak);
}

/** Whether this tag is accepted. */
export function admits(tags: Tags, tag: string): boolean {
  return tags === ANY || tags.includes(listOf([tag]));
}

/** SQL: whether the parameter accepts the tag of the row, for example `isAdmitted("$5")`. */
export function isAdmitted(parameter: string): string {
  return `(${parameter} = '${ANY}' OR ${isListed(parameter, TAG)})`;
}

interface ConditionalRead {
  /** The request headers, as `ReadHeaders` validated them. */
  headers: { "if-none-match"?: string };
  /** The response. */
  set: { status?: number | string; headers: Record<string, unknown> };
}

/** Returns the value, or sets status 304 and returns nothing if the client has this tag. */
export function unlessKnown<Value>(
  value: Value,
  tag: string,
  { headers, set }: ConditionalRead,
): Value {
  setEntityTag(set, tag);
  if (!isNotModified(headers["if-none-match"], tag)) return value;
  set.status = 304;
  // Elysia checks responses by status, which TypeScript does not know.
  return undefined as Value;
}

/** Whether an `If-None-Match` contains this tag, which means 304. Uses weak comparison. */
export function isNotModified(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch === "*" || tagsIn(ifNoneMatch).some((one) => one.tag === tag);
}

/** Returns the entity tags of a list (RFC 9110, 8.8.3). A tag may contain commas, and `W/`. */
function tagsIn(list: string): { isWeak: boolean; tag: string }[] {
  const found = list.matchAll(/(?<=^|,)[ \t]*(W\/)?("[\x21\x23-\x7e]*")(?=[ \t]*(?:,|$))/g);
  return Array.from(found, ([, weak, tag = ""]) => ({ isWeak: weak !== undefined, tag }));
}
