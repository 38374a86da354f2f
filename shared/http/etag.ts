/** Conditional requests (RFC 9110, 13): the version of a row as its entity tag. */
import { isListed, listOf } from "../database/list.ts";
import { REVALIDATED } from "./headers.ts";

/** The strong entity tag of a row in this version. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/** Gives a response its entity tag, and lets its client keep it. */
export function setEntityTag(set: { headers: Record<string, unknown> }, version: number): string {
  const tag = entityTag(version);
  set.headers["etag"] = tag;
  set.headers["cache-control"] = REVALIDATED;
  return tag;
}

declare const versions: unique symbol;
/** The versions that an `If-Match` admits, as one value of a statement. */
export type Versions = string & { readonly [versions]: never };

const ANY = "*" as Versions;

/**
 * Reads an `If-Match`; without one, any version is admitted. Weak tags never match strongly (RFC 9110,
 * 8.8.3.2), and foreign ones are no version of ours.
 */
export function versionsAdmitted(ifMatch: string | undefined): Versions {
  if (ifMatch === undefined || ifMatch === "*") return ANY;
  const versions = ifMatch.matchAll(/(?<=^|[ \t,])"(\d{1,15})"/g);
  return listOf(Array.from(versions, ([, version = ""]) => version)) as Versions;
}

/** Whether this version is one of them. */
export function admits(versions: Versions, version: number): boolean {
  return versions === ANY || versions.includes(listOf([version]));
}

/** SQL: whether the version of the row is one of those in the parameter, for example `isAdmitted("$5")`. */
export function isAdmitted(parameter: string): string {
  return `(${parameter} = '${ANY}' OR ${isListed(parameter, "version")})`;
}

interface Asked {
  /** Of the request, as `ReadHeaders` checked them. */
  headers: { "if-none-match"?: string };
  /** Of the response. */
  set: { status?: number | string; headers: Record<string, unknown> };
}

/** The value in this version, or a 304 and no value if the client has that already. */
export function unlessKnown<Value>(value: Value, version: number, { headers, set }: Asked): Value {
  const tag = setEntityTag(set, version);
  if (!isNotModified(headers["if-none-match"], tag)) return value;
  set.status = 304;
  // Elysia checks the response against the schema of its status, of which TypeScript knows nothing.
  return undefined as Value;
}

/** Whether an `If-None-Match` names this tag: a 304 then. The comparison is the weak one. */
export function isNotModified(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return (
    ifNoneMatch === "*" ||
    ifNoneMatch.split(",").some((one) => one.trim().replace("W/", "") === tag)
  );
}
