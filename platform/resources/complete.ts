/** Adds to the routes of a service what their schemas imply. */
import { type TObject, type TSchema, Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia } from "elysia";

import { ChangeHeaders, CreateHeaders, NoQuery, ReadHeaders } from "../contract/schemas.ts";
import { requestFailures } from "../http/admit/admit.ts";
import { bodyFailures, strictBody } from "../http/body.ts";
import type { Failure } from "../http/failure.ts";
import {
  databaseUnavailable,
  internal,
  invalidHeaders,
  invalidPath,
  invalidQuery,
  keyInUse,
  keyReused,
  overloaded,
} from "../http/failures.ts";
import { needs, type Scope } from "../http/security.ts";
import { neededBy } from "./door.ts";
import { allNeeded, type Hooks, responsesOf } from "./hooks.ts";
import { refuse, refuseInstance } from "./refusals.ts";
import { responses } from "./responses.ts";

/**
 * The failures that a route need not declare, by the part of it that they follow from; `api.ts` has
 * the same as types.
 */
export const implied = {
  /** Of every route. */
  always: [invalidQuery, databaseUnavailable],
  path: [invalidPath],
  headers: [invalidHeaders],
  body: bodyFailures,
  /** Of a route with a 201, which honours Idempotency-Key. */
  creation: [keyInUse, keyReused],
  /** Of every request, whatever route it is for. */
  anywhere: [...requestFailures, overloaded, internal],
} as const;

export interface CompleteOptions {
  maxBodyBytes: number;
  /** Whether the service requires tokens. */
  withTokens: boolean;
  /** The scopes that nobody has now, whichever routes accept them. Default: none */
  unused?: readonly Scope[];
  /** The paths of the platform, which no route may have. Default: none */
  taken?: readonly string[];
}

/**
 * Returns the same routes, complete: with the parser of their body, the headers of their kind, and
 * every response that they can give.
 *
 * @throws Error that names a route and what cannot be honoured
 */
export function complete(
  routes: AnyElysia,
  { taken = [], ...options }: CompleteOptions,
): AnyElysia {
  refuseInstance(routes);
  const { decorator, store, config } = routes as AnyElysia & { config: { tags?: string[] } };
  const { tags } = config;
  const app = new Elysia({ normalize: false, ...(tags && { tags }) })
    .decorate(decorator)
    .state(store);
  for (const { method, path, handler, hooks: declared } of routes.routes) {
    const name = `${method} ${path}`;
    if (taken.includes(path)) throw new Error(`${name} is a path that every service has`);
    const hooks = merged(declared as Hooks, name);
    refuse({ method, path, hooks });
    app.route(method, path, handler as never, completed(hooks, options) as {});
  }
  return app;
}

function completed(
  hooks: Hooks,
  { maxBodyBytes, withTokens, unused = [] }: CompleteOptions,
): Hooks {
  const { params, body, query = NoQuery, headers: ownHeaders, response: _own, ...others } = hooks;
  const [accepted] = allNeeded(hooks) as [[Scope, ...Scope[]]];
  const needed = accepted.filter((scope) => !unused.includes(scope));
  const own = responsesOf(hooks);
  const headers = headersOf(own, ownHeaders);
  const successes = Object.entries(own).filter(([status]) => Number(status) < 400);
  const declared = Object.values(own)
    .flatMap((schema): Failure[] => schema["failures"] ?? [])
    .filter((failure) => withTokens || !failure.withTokens);
  const failures: readonly Failure[] = [
    ...implied.always,
    ...(params ? implied.path : []),
    ...(headers ? implied.headers : []),
    ...(body ? implied.body : []),
    ...declared,
    ...(own[201] ? implied.creation : []),
    ...implied.anywhere,
  ];
  return {
    ...others,
    detail: { ...others.detail, ...needs(...needed) },
    beforeHandle: hooks.beforeHandle?.filter((hook) => !neededBy(hook)) ?? [],
    ...(body && strictBody(body, maxBodyBytes)),
    ...(params && { params }),
    ...(headers && { headers }),
    query,
    response: { ...Object.fromEntries(successes), ...responses.failures(...failures) },
  };
}

/** A 304 implies If-None-Match, a 412 If-Match, a 201 Idempotency-Key; `api.ts` says the same. */
function headersOf(own: Record<number, TSchema>, headers: TObject | undefined) {
  const conditional = own[304]
    ? ReadHeaders
    : own[412]
      ? ChangeHeaders
      : own[201]
        ? CreateHeaders
        : undefined;
  if (!conditional || !headers) return conditional ?? headers;
  return Type.Object({ ...conditional.properties, ...headers.properties });
}

/** Adds the schemas of guards and macros to those of the route. */
function merged({ standaloneValidator = [], ...hooks }: Hooks, route: string): Hooks {
  for (const schemas of standaloneValidator) {
    for (const [part, schema] of Object.entries(schemas)) {
      if (part === "response") {
        hooks.response = { ...responsesOf({ response: schema }), ...responsesOf(hooks) };
      } else
        hooks[part] = both(schema as TSchema, hooks[part] as TSchema, `${route} has a ${part}`);
    }
  }
  return hooks;
}

function both(guard: TSchema, own: TSchema | undefined, what: string): TSchema {
  if (!own) return guard;
  if (guard["type"] !== "object" || own["type"] !== "object") {
    throw new Error(`${what} that is no object, and so has its guard`);
  }
  const { additionalProperties } = own;
  return Type.Object(
    { ...guard["properties"], ...own["properties"] },
    { ...(additionalProperties !== undefined && { additionalProperties }) },
  );
}
