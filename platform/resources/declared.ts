/** The responses and failures that an app declares, which its metrics count from 0 on. */
import type { AnyElysia } from "elysia";

import type { Failure } from "../http/failure.ts";
import { clientLeft, methodNotAllowed, pathNotFound } from "../http/failures.ts";
import type { Declared } from "../http/metrics.ts";
import { LIVE, METRICS, READY } from "../http/operational.ts";
import type { Kind } from "../http/per-kind.ts";
import { CHECK_FAILURES, type Checks } from "../openapi/checks.ts";
import { type Hooks, responsesOf } from "./hooks.ts";

/** Of any path, its own or none. */
const ANYWHERE = [pathNotFound, methodNotAllowed, clientLeft];

/** Of the routes that every service has, and of the paths that do not exist. */
const KINDS: readonly Kind[] = [
  { method: "GET", route: LIVE, status: 200 },
  { method: "GET", route: READY, status: 200 },
  { method: "GET", route: READY, status: 503 },
  { method: "GET", route: METRICS, status: 200 },
  { method: "GET", route: "other", status: 200 },
  { method: "GET", route: "other", status: 500 },
  { method: "GET", route: "other", status: 503 },
];

/**
 * Returns the successes and errors (5xx) of each route, and the codes of all failures. Errors of
 * clients have no series by route before the first one, because there are many and none alerts.
 *
 * @param routes complete
 */
export function declaredBy(
  { routes }: Pick<AnyElysia, "routes">,
  { scopes, remoteKeys, limit }: Checks,
): Declared {
  const kinds = [...KINDS];
  const failures: Failure[] = [
    ...ANYWHERE,
    ...(scopes ? CHECK_FAILURES.authentication : []),
    ...(remoteKeys ? CHECK_FAILURES.remoteKeys : []),
    ...(limit ? CHECK_FAILURES.limit : []),
  ];
  for (const { method, path: route, hooks } of routes) {
    for (const [code, schema] of Object.entries(responsesOf(hooks as Hooks))) {
      const status = Number(code);
      failures.push(...((schema["failures"] as Failure[] | undefined) ?? []));
      if (status < 400 || status >= 500) kinds.push({ method, route, status });
      if (status >= 500 && method === "GET") kinds.push({ method: "HEAD", route, status });
    }
  }
  return { kinds, codes: new Set(failures.map(({ code }) => code)) };
}
