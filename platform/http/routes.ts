/** The routes of an app by path: which one a URL is for, and the methods of each. */
import type { Elysia } from "elysia";

import { ProblemError } from "./failure.ts";
import { methodNotAllowed } from "./failures.ts";
import { OPEN } from "./security.ts";

/**
 * Returns a pattern of the URLs of a path, for example `/things/:id`, with any query. Elysia treats
 * a path with a trailing slash as the same path without it.
 */
export function patternOf(path: string): RegExp {
  const segments = path.split("/").map((segment) => {
    return segment.startsWith(":") ? "[^/?#]+" : RegExp.escape(segment);
  });
  return new RegExp(`^https?://[^/]*${segments.join("/")}/?(?:\\?|$)`);
}

/** Returns the function that finds the path of a URL; undefined if it is none of these. */
export function createMatcher(paths: readonly string[]): (url: string) => string | undefined {
  // `/things/new` comes before `/things/:id`, as in Elysia's router.
  const known = () =>
    [...new Set(paths)]
      .toSorted((a, b) => Number(a.includes(":")) - Number(b.includes(":")))
      .map((path) => ({ path, pattern: patternOf(path) }));
  // Not at the start: a route that responds itself says its path.
  let patterns: ReturnType<typeof known> | undefined;
  return (url) => (patterns ??= known()).find(({ pattern }) => pattern.test(url))?.path;
}

/**
 * Makes every path respond to every method: OPTIONS with 204, unsupported methods with 405, both
 * with `Allow` (RFC 9110, 9.3.7 and 15.5.6). GET implies HEAD. Use it last.
 */
export function allMethods<App extends Elysia<any, any, any, any, any, any, any>>(app: App): App {
  for (const [path, routes] of Map.groupBy(app.routes, (route) => route.path)) {
    const methods = new Set(routes.map((route) => route.method));
    if (methods.has("GET")) methods.add("HEAD");
    const allow = [...methods, "OPTIONS"].join(", ");
    app.all(
      path,
      ({ request, set }) => {
        if (request.method !== "OPTIONS") {
          throw new ProblemError(methodNotAllowed, {
            detail: `This path supports ${allow}`,
            headers: { allow },
          });
        }
        set.status = 204;
        set.headers["allow"] = allow;
      },
      { detail: { hide: true, ...OPEN } },
    );
  }
  return app;
}

/** RFC 9110, 9, and RFC 5789. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/**
 * Returns the method for the log, metrics and traces. Clients may send any word, so unknown ones
 * are grouped.
 */
export function knownMethod(method: string): string {
  return METHODS.has(method) ? method : "other";
}
