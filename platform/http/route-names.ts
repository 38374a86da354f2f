/**
 * Maps paths to names for the log, metrics and traces: one of a bounded set, whatever clients send.
 */

/**
 * Returns a function that maps a path to its route.
 *
 * @param paths the patterns of the app, for example `/things/:id`; any other path is `other`
 */
export function routeNames(paths: readonly string[]): (path: string) => string {
  const fixed = new Set(paths.filter((path) => !path.includes(":")));
  const open = paths
    .filter((path) => path.includes(":"))
    .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/:[^/]+/g, "[^/]+")}$`) }));
  return (requested) => {
    // For the trailing slash see `app.ts`.
    const path = requested.endsWith("/") ? requested.slice(0, -1) : requested;
    return fixed.has(path)
      ? path
      : (open.find(({ pattern }) => pattern.test(path))?.path ?? "other");
  };
}
