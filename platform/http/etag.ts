/** Conditional requests (RFC 9110, 13): the version of a row is its entity tag. */
import { isListed, listOf } from "../database/list.ts";
import { REVALIDATED } from "./headers.ts";

/** Returns the strong entity tag of this version. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/** Sets the entity tag of a response, and lets the client store the response. */
export function setEntityTag(set: { headers: Record<string, unknown> }, version: number): string {
  const tag = entityTag(version);
  set.headers["etag"] = tag;
  set.headers["cache-control"] = REVALIDATED;
  return tag;
}

declare const versions: unique symbol;
/** The versions that an `If-Match` accepts, as one parameter of a statement. */
export type Versions = string & { readonly [versions]: never };

const ANY = "*" as Versions;

/**
 * Reads an `If-Match`; without one, accepts any version. Weak tags never match (RFC 9110, 8.8.3.2),
 * and tags of another form are no versions.
 */
export function versionsAdmitted(ifMatch: string | undefined): Versions {
  if (ifMatch === undefined || ifMatch === "*") return ANY;
  const versions = ifMatch.matchAll(/(?<=^|[ \t,])"(\d{1,15})"/g);
  return listOf(Array.from(versions, ([, version = ""]) => version)) as Versions;
}

/** Whether this version is accepted. */
export function admits(versions: Versions, version: number): boolean {
  return versions === ANY || versions.includes(listOf([version]));
}

/** SQL: whether the parameter accepts the version of the row, for example `isAdmitted("$5")`. */
export function isAdmitted(parameter: string): string {
  return `(${parameter} = '${ANY}' OR ${isListed(parameter, "version")})`;
}

interface ConditionalRead {
  /** The request headers, as `ReadHeaders` validated them. */
  headers: { "if-none-match"?: string };
  /** The response. */
  set: { status?: number | string; headers: Record<string, unknown> };
}

/** Returns the value, or sets status 304 and returns nothing if the client has this version. */
export function unlessKnown<Value>(
  value: Value,
  version: number,
  { headers, set }: ConditionalRead,
): Value {
  const tag = setEntityTag(set, version);
  if (!isNotModified(headers["if-none-match"], tag)) return value;
  set.status = 304;
  // Elysia checks responses by status, which TypeScript does not know.
  return undefined as Value;
}

/** Whether an `If-None-Match` contains this tag, which means 304. Uses weak comparison. */
export function isNotModified(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return (
    ifNoneMatch === "*" ||
    ifNoneMatch.split(",").some((one) => one.trim().replace("W/", "") === tag)
  );
}
