/** The methods of requests: those that are told apart, and those that a path has no route for. */
import type { Elysia } from "elysia";

import { OPEN } from "./auth/access.ts";
import { ProblemError } from "./failure.ts";
import { methodNotAllowed } from "./failures.ts";

/**
 * Gives every path of an app an answer to every method: OPTIONS is a 204, what the path does not do
 * a 405, both with `Allow` (RFC 9110, 9.3.7 and 15.5.6). HEAD comes with GET. It is to be used last.
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

/** The method for the log, the metrics and traces: a client may send any word, and all others are one. */
export function knownMethod(method: string): string {
  return METHODS.has(method) ? method : "other";
}
