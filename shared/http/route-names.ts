/** The names that paths have in the log, the metrics and traces: one of a bounded set, whatever is asked. */

/**
 * Returns the route of a path.
 *
 * @param paths the patterns of the app, `/users/:id` for example; any other path is `other`
 */
export function routeNames(paths: readonly string[]): (path: string) => string {
  const fixed = new Set(paths.filter((path) => !path.includes(":")));
  const open = paths
    .filter((path) => path.includes(":"))
    .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/:[^/]+/g, "[^/]+")}$`) }));
  return (asked) => {
    // Elysia routes a path with a slash at its end as the one without.
    const path = asked.endsWith("/") ? asked.slice(0, -1) : asked;
    return fixed.has(path)
      ? path
      : (open.find(({ pattern }) => pattern.test(path))?.path ?? "other");
  };
}
