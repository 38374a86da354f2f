/** Checks the scopes that each route declares, and logs changes by admins. */
import { type AnyElysia, type Context, Elysia } from "elysia";

import { showAsSynchronous } from "../http/at-once.ts";
import { contextOf, pathOf } from "../http/context.ts";
import { ProblemError } from "../http/failure.ts";
import { type Needs, needsOf } from "../http/security.ts";
import { andThen, type MaybePromise } from "../process/and-then.ts";
import type { Log } from "../process/log.ts";
import { callerOf, lacking } from "./access.ts";

export interface AdmissionOptions {
  /** The name of the service, for `WWW-Authenticate`. */
  realm: string;
  log: Log;
  /** Returns the app, whose routes are read at the first request. */
  app: () => Pick<AnyElysia, "routes">;
}

/**
 * Use the plugin before the routes. Its check runs after Elysia has chosen the route, which is
 * after the body was read. Routes with a body therefore call `admit` before they read it.
 */
export function admission({ realm, log, app }: AdmissionOptions) {
  let needs: Needs | undefined;

  const admit = showAsSynchronous(
    ({ request, route }: Pick<Context, "request" | "route">): void => {
      needs ??= needsOf(app());
      const method = request.method === "HEAD" ? "GET" : request.method;
      // One route for ALL methods handles those that a path does not support.
      const named = `${method} ${route}`;
      const scopes = needs.get(needs.has(named) ? named : `ALL ${route}`);
      if (scopes === undefined) throw new Error(`${named} does not say what it needs`);
      const [first] = scopes;
      if (first === undefined) return;
      const caller = callerOf(request);
      if (!scopes.some((scope) => caller.scopes.has(scope))) throw lacking(realm, first);
    },
  );

  function audit(request: Request, { ok, headers }: Response): void {
    const { id, caller } = contextOf(request);
    if (!ok || caller === undefined || caller instanceof ProblemError) return;
    if (!caller.scopes.has("admin")) return;
    const { method, url } = request;
    const created = headers.get("location");
    log.info("changed by an admin", {
      request_id: id,
      subject: caller.subject,
      method,
      path: pathOf(url),
      ...(created && { created }),
    });
  }

  const plugin = new Elysia()
    .wrap((handle: Function) => (request: Request) => {
      const responding: MaybePromise<Response> = handle(request);
      if (READS.includes(request.method)) return responding;
      return andThen(responding, (response) => {
        audit(request, response);
        return response;
      });
    })
    .onTransform({ as: "global" }, admit);
  return { admit, plugin };
}

const READS = ["GET", "HEAD", "OPTIONS"];
