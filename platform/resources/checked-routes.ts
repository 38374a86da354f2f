/**
 * Routes that check their input and output themselves, and that respond without a promise if they
 * have the data, and with one if they have to wait.
 *
 * Whether a route waits depends on the request, the engine and the cache. Elysia, which decides it
 * once for a route, is told that none does, and what it would then do wrong with a promise is done
 * here: the hooks run, the response is checked against its schema, and a failure becomes a
 * response.
 */
import type { TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import type { ValueError } from "@sinclair/typebox/errors";
import {
  type AnyElysia,
  type Context,
  Elysia,
  ElysiaCustomStatusResponse,
  ElysiaFile,
  StatusMap,
} from "elysia";

import type { Problem } from "../contract/schemas.ts";
import { contextOf, traceOf } from "../http/context.ts";
import { namesWeakTag, tagsAdmitted } from "../http/etag.ts";
import { ProblemError } from "../http/failure.ts";
import { internal } from "../http/failures.ts";
import type { Creations } from "../http/idempotency.ts";
import { fieldErrors, type Input, inputCheck } from "../http/input.ts";
import { given, PROBLEM_TYPE, type Render } from "../http/problem.ts";
import { bodyOf } from "../http/response.ts";
import { isWide, type Scope, scopesIn } from "../http/security.ts";
import type { Authorization } from "../identity/authorize.ts";
import type { MaybePromise } from "../process/and-then.ts";
import { Answer, type AnswerContext, type AnsweredRoute } from "./answers.ts";
import { type Hook, isStatus, runHooks } from "./hooks.ts";
import { shownFor } from "./shown.ts";
import { ANY_TAG, Who } from "./who.ts";

export interface CheckedRoutesOptions {
  /** The name of the service. */
  realm: string;
  /** Links start with it. Default: nothing */
  basePath?: string;
  authorization: Authorization;
  creations: Creations;
  render: Render;
}

type RouteContext = Context & AnswerContext;
type Handle = (context: Context) => MaybePromise<unknown>;

/** Returns the routes that an app serves, from routes that are complete; see `complete.ts`. */
export function checkedRoutes(routes: AnyElysia, options: CheckedRoutesOptions): AnyElysia {
  const app = new Elysia({ normalize: false }).decorate(routes.decorator).state(routes.store);
  for (const route of routes.routes) {
    const { method, path, hooks } = route;
    const { detail, parse } = hooks;
    const needed = scopesIn(detail);
    if (!needed) throw new Error(`${method} ${path} does not say what it needs`);
    // Elysia has no hook between the choice of a route and its body but the parser itself.
    const authorize = ({ request }: Context) => options.authorization.authorize(request, needed);
    app.route(method, path, checked(route, needed, options) as never, {
      detail,
      ...(parse && { parse: [{ fn: authorize }, ...[parse].flat()] }),
    });
  }
  return app;
}

type Route = AnyElysia["routes"][number];

function checked(
  { method, path, handler, hooks }: Route,
  needed: readonly Scope[],
  { realm, basePath = "", authorization, creations, render }: CheckedRoutesOptions,
): Handle {
  const { headers, params, query, body, response: schemas = {} } = hooks;
  const lifecycle = {
    transform: (hooks.transform ?? []) as Hook[],
    beforeHandle: (hooks.beforeHandle ?? []) as Hook[],
    afterHandle: (hooks.afterHandle ?? []) as Hook[],
    mapResponse: (hooks.mapResponse ?? []) as Hook[],
  };
  const hasHooks = Object.values(lifecycle).some(({ length }) => length > 0);
  const handle: Handle = typeof handler === "function" ? handler : constant(handler);
  const shown = shownFor(`${method} ${path}`, {
    functions: [handle, ...Object.values(lifecycle).flatMap((some) => some.map(({ fn }) => fn))],
    schemas: { query, body },
  });

  const checkSchemas = inputCheck({ headers, params, query, body });
  const checkResponse = responseCheck(schemas);
  const wide = needed.filter(isWide);
  const isChange = Boolean(schemas[412]);
  const route: AnsweredRoute = {
    path,
    basePath,
    filters: Object.keys(query?.properties ?? {}).filter((name) => !PAGING.includes(name)),
    creations,
    keyOwnerOf: authorization.keyOwner,
    isConditional: Boolean(schemas[304]),
  };

  function checkInput(context: Context): void {
    const { request } = context;
    const { headers: all } = context;
    checkSchemas(context as Input);
    if (shown.headers) context.headers = all;
    (context as RouteContext).who = new Who(authorization.owner(request, wide), {
      trace: traceOf(request),
      tags: isChange ? tagsAdmitted(request.headers.get("if-match") ?? undefined) : ANY_TAG,
      isAdmin: authorization.isAdmin(request),
      realm,
    });
  }

  /** Checks what is sent, and serializes it. */
  function send(value: unknown, context: Context): MaybePromise<unknown> {
    checkResponse(value, context.set);
    if (lifecycle.mapResponse.length === 0) return serialized(value, context);
    return mapped(value, context, lifecycle.mapResponse);
  }

  /** Sends what a handler or a hook has returned, or has thrown instead. */
  function settle(value: unknown, context: Context): MaybePromise<unknown> {
    const { set } = context;
    if (value instanceof Answer) {
      set.status = value.code;
      const given: unknown = value.give(context as RouteContext, route);
      if (given instanceof Promise) return given.then((late) => send(late, context));
      return send(given, context);
    }
    if (value instanceof ElysiaCustomStatusResponse) {
      set.status = value.code;
      return settle(value.response, context);
    }
    if (value instanceof Error) throw value;
    if (!isPassed(value)) return send(value, context);
    requireDeclared(schemas, value instanceof Response ? value.status : statusOf(set));
    return lifecycle.mapResponse.length === 0
      ? value
      : mapped(value, context, lifecycle.mapResponse);
  }

  function recover(error: unknown, context: Context): MaybePromise<unknown> {
    const { request, set } = context;
    const failed = (error: unknown) => given(render(request, withWeakTag(error, request)), set);
    if (!isStatus(error)) return failed(error);
    try {
      const settled = settle(error, context);
      return settled instanceof Promise ? settled.catch(failed) : settled;
    } catch (error) {
      return failed(error);
    }
  }

  function respond(context: Context): MaybePromise<unknown> {
    try {
      const { request } = context;
      contextOf(request).route = path;
      authorization.authorize(request, needed);
      if (shown.forbid) shown.forbid(context);
      const input = () => checkInput(context);
      if (!hasHooks) input();
      const value = hasHooks
        ? runHooks(context, lifecycle, { checkInput: input, handle: () => handle(context) })
        : handle(context);
      const settled =
        value instanceof Promise
          ? value.then((late) => settle(late, context))
          : settle(value, context);
      if (!(settled instanceof Promise)) return settled;
      return settled.catch((error: unknown) => recover(error, context));
    } catch (error) {
      return recover(error, context);
    }
  }

  return Object.defineProperty(respond, "toString", { value: () => shown.text });
}

/** The parameters of a list that do not filter it. */
const PAGING = ["limit", "cursor"];

/** A body can be sent once only. */
function constant(value: unknown): Handle {
  return value instanceof Response ? () => value.clone() : () => value;
}

/** What Elysia sends by itself, and no schema describes: a response, a stream, a file, bytes. */
function isPassed(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    (value instanceof Response ||
      value instanceof ReadableStream ||
      value instanceof Blob ||
      value instanceof ElysiaFile ||
      value instanceof FormData ||
      value instanceof ArrayBuffer ||
      ArrayBuffer.isView(value) ||
      typeof (value as { next?: unknown }).next === "function")
  );
}

function statusOf({ status = 200 }: Context["set"]): number {
  return typeof status === "number" ? status : (StatusMap[status] ?? Number(status));
}

async function mapped(value: unknown, context: Context, hooks: readonly Hook[]): Promise<unknown> {
  for (const { fn } of hooks) {
    const sent = await fn(Object.assign(context, { response: value, responseValue: value }));
    if (sent !== undefined) return sent;
  }
  return isPassed(value) ? value : serialized(value, context);
}

/** Serializes a value as JSON. A text whose type the handler has set is sent as it is. */
function serialized(value: unknown, context: Context): unknown {
  const { request, set } = context;
  if (typeof value === "string" && set.headers["content-type"] !== undefined) return value;
  const body = bodyOf(value, context);
  if (statusOf(set) >= 400 && body !== undefined) {
    set.headers["content-type"] = PROBLEM_TYPE;
    contextOf(request).failure = (value as Partial<Problem>).code ?? "";
  }
  return body;
}

/** Says of a 412 that it is because of a weak tag (RFC 9110, 13.1.1), and not of a change. */
function withWeakTag(error: unknown, { headers }: Request): unknown {
  if (!(error instanceof ProblemError) || error.status !== 412) return error;
  if (!namesWeakTag(headers.get("if-match") ?? "")) return error;
  const detail =
    "If-Match names a weak ETag, which never matches: a proxy that compresses responses makes it weak";
  return new ProblemError(error.failure, { ...error, cause: error.cause, detail });
}

/** @throws Error if the route does not declare the status */
function requireDeclared(schemas: Record<number, TSchema>, status: number): TSchema {
  const schema = schemas[status];
  if (!schema) throw new Error(`The route declares no response with status ${status}`);
  return schema;
}

/** Checks what a handler returns against the schema of the status that it has set. */
function responseCheck(schemas: Record<number, TSchema>) {
  const compiled: Record<number, TypeCheck<TSchema>> = {};
  return (value: unknown, set: Context["set"]): void => {
    const status = statusOf(set);
    const validator = (compiled[status] ??= TypeCompiler.Compile(requireDeclared(schemas, status)));
    if (!validator.Check(value)) throw invalidResponse(validator.Errors(value));
  };
}

/** A response that does not match its schema is our own fault; its content must not be revealed. */
function invalidResponse(errors: Iterable<ValueError>): ProblemError {
  const fields = fieldErrors(errors).map(({ pointer, detail }) => `${pointer}: ${detail}`);
  const cause = new Error(`The response does not match its schema: ${fields.join("; ")}`);
  return new ProblemError(internal, { cause });
}
