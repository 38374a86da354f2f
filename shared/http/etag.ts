/** Conditional requests (RFC 9110, 13). */

/** The strong entity tag of a row in this version. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/**
 * The versions that an `If-Match` admits, in the form that a statement asks with
 * `$n = '*' OR $n LIKE '%,' || version || ',%'`: `*`, or versions between commas. Weak tags never
 * match strongly (RFC 9110, 8.8.3.2), and foreign ones are no version of ours.
 */
export function versionsAdmitted(ifMatch = "*"): string {
  if (ifMatch === "*") return "*";
  const versions = ifMatch.matchAll(/(?<=^|[ \t,])"(\d{1,15})"/g);
  return `,${Array.from(versions, ([, version]) => version).join(",")},`;
}

/** Whether an `If-None-Match` names this tag: a 304 then. The comparison is the weak one. */
export function isNotModified(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return (
    ifNoneMatch === "*" ||
    ifNoneMatch.split(",").some((one) => one.trim().replace("W/", "") === tag)
  );
}
