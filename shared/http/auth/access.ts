/** What a caller may do: each route says what it needs, and refuses whoever has not got it. */
import { type AnyElysia, type Context, Elysia } from "elysia";

import type { Log } from "../../process/log.ts";
import { showAsSynchronous } from "../at-once.ts";
import { contextOf, pathOf } from "../context.ts";
import { ProblemError } from "../failure.ts";
import { insufficientScope } from "../failures.ts";
import { challenge } from "./bearer.ts";
import type { Caller, Scope } from "./caller.ts";
import { ANYONE, ownedBy, type Owner } from "./owner.ts";

/** The name of the way to show a token, in the OpenAPI document. */
export const BEARER = "bearer";

/** What a route needs, as the OpenAPI document has it: one of these. */
export interface Security {
  security: { [BEARER]: Scope[] }[];
}

/** A route for whoever has one of these scopes, or `admin`: to be put into its `detail`. */
export function needs(...scopes: [Scope, ...Scope[]]): Security {
  const alternatives: Scope[] = [...scopes, "admin"];
  return { security: alternatives.map((scope) => ({ [BEARER]: [scope] })) };
}

/** A route for `admin` alone. */
export const ADMIN: Security = { security: [{ [BEARER]: ["admin"] }] };

/** A route for anyone. */
export const OPEN: Security = { security: [] };

/** What routes ask of the caller of a request. */
export interface Access {
  /** Whether callers have to show who they are. */
  readonly enforced: boolean;
  /** Whose things the caller may see and change: with one of these scopes or `admin`, anyone's. */
  owner(request: Request, ...wide: Scope[]): Owner;
  /** The subject of the caller, under which its idempotency keys are kept; empty if nobody has one. */
  subject(request: Request): string;
  /** @throws ProblemError 403 if the caller is no `admin`: this is not for the owner to do */
  mustBeAdmin(request: Request): void;
}

/** Everyone may do everything: `AUTH=off`. */
export const openAccess: Access = {
  enforced: false,
  owner: () => ANYONE,
  subject: () => "",
  mustBeAdmin() {},
};

/** Everyone may do what their token allows, with what is theirs. */
export function createAccess(realm: string): Access {
  return {
    enforced: true,
    owner(request, ...wide) {
      const { subject, scopes } = callerOf(request);
      const isWide = scopes.has("admin") || wide.some((scope) => scopes.has(scope));
      return isWide ? ANYONE : ownedBy(subject);
    },
    subject: (request) => callerOf(request).subject,
    mustBeAdmin(request) {
      if (!callerOf(request).scopes.has("admin")) throw lacking(realm, "admin");
    },
  };
}

/** @throws ProblemError if it is not known who asks */
function callerOf(request: Request): Caller {
  const { caller } = contextOf(request);
  if (caller instanceof ProblemError) throw caller;
  if (caller === undefined) throw new Error("Nobody has asked who sends this request");
  return caller;
}

function lacking(realm: string, scope: Scope): ProblemError {
  const headers = { "www-authenticate": challenge(realm, "insufficient_scope", scope) };
  return new ProblemError(insufficientScope, { headers });
}

/** What each route needs, by method and path; undefined for one that does not say. */
export type Needs = ReadonlyMap<string, readonly Scope[] | undefined>;

/** Reads what the routes of an app declare. */
export function needsOf({ routes }: Pick<AnyElysia, "routes">): Needs {
  return new Map(
    routes.map(({ method, path, hooks }) => {
      const { detail } = (hooks ?? {}) as { detail?: Partial<Security> };
      return [`${method} ${path}`, detail?.security?.flatMap((one) => one[BEARER])];
    }),
  );
}

export interface AdmissionOptions {
  /** The name of the service, for `WWW-Authenticate`. */
  realm: string;
  log: Log;
  /** The app, which is asked for its routes at the first request. */
  app: () => Pick<AnyElysia, "routes">;
}

/**
 * Refuses callers by the route that Elysia has chosen, and writes down what an admin changes. The plugin
 * has to be used before the routes; `admit` is for those to call that read a body, before they do.
 */
export function admission({ realm, log, app }: AdmissionOptions) {
  let needs: Needs | undefined;

  const admit = showAsSynchronous(
    ({ request, route }: Pick<Context, "request" | "route">): void => {
      needs ??= needsOf(app());
      const method = request.method === "HEAD" ? "GET" : request.method;
      // The methods that a path has no route for are answered by one for all of them.
      const named = `${method} ${route}`;
      const scopes = needs.get(needs.has(named) ? named : `ALL ${route}`);
      if (scopes === undefined) throw new Error(`${named} does not say what it needs`);
      const [first] = scopes;
      if (first === undefined) return;
      const caller = callerOf(request);
      if (!scopes.some((scope) => caller.scopes.has(scope))) throw lacking(realm, first);
    },
  );

  const audit = showAsSynchronous(({ request }: Pick<Context, "request">): void => {
    const { id, caller } = contextOf(request);
    const { method, url } = request;
    if (READS.includes(method) || caller === undefined || caller instanceof ProblemError) return;
    if (!caller.scopes.has("admin")) return;
    const fields = { request_id: id, subject: caller.subject, method, path: pathOf(url) };
    log.info("changed by an admin", fields);
  });

  return {
    admit,
    // After the body where there is one: for routes that have not been told to ask before.
    plugin: new Elysia()
      .onTransform({ as: "global" }, admit)
      .onAfterHandle({ as: "global" }, audit),
  };
}

const READS = ["GET", "HEAD", "OPTIONS"];
