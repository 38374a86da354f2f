/** The path of a service behind a proxy, such as `/shop/things`. */

/** The first segments of the paths that every service has. */
const OF_EVERY_SERVICE = ["health", "metrics", "swagger"];

/** What a path must not be, each with its reason. */
const RULES: readonly [fault: RegExp, reason: string][] = [
  [/^[^/]/, "expected a slash at the start"],
  [/\/$/, "expected no slash at the end"],
  [/\/\//, "expected no empty segment"],
  [/[^A-Za-z0-9._~/-]/, "expected only letters, digits, hyphens and . _ ~ between slashes"],
  [/\/\.{1,2}(?:\/|$)/, "expected no segment . or .."],
];

/** Returns what is wrong with the path of a service with this name; nothing if it is empty. */
export function basePathFaults(basePath: string, name: string): string[] {
  const [, reason] = RULES.find(([fault]) => fault.test(basePath)) ?? [];
  if (reason) return [`BASE_PATH: ${reason}`];
  const own = [name, ...OF_EVERY_SERVICE].map((segment) => `/${segment}`);
  return hidesOneOf(basePath, own) ? [ROUTE_HIDDEN] : [];
}

/** A proxy may or may not strip the path: then nobody could tell which of the two a URL means. */
export const ROUTE_HIDDEN = "BASE_PATH: expected a first segment that no route of the service has";

/** Whether the first segment is also that of one of these paths; `:id` stands for any. */
export function hidesOneOf(basePath: string, paths: readonly string[]): boolean {
  const [, first] = basePath.split("/");
  if (first === undefined) return false;
  const firsts = paths.map((path) => path.split("/")[1] ?? "");
  return firsts.some((one) => one === first || /^[:*]/.test(one));
}
