/**
 * Routes that check their input and output themselves, and that respond without a promise if they
 * have the data, and with one if they have to wait.
 *
 * Whether a route waits depends on the request, the engine and the cache. Elysia, which decides it
 * once for a route, is told that none does, and what it would then do wrong with a promise is done
 * here: the response is checked against its schema, and a failure becomes a response.
 */
import type { TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import type { ValueError } from "@sinclair/typebox/errors";
import { type AnyElysia, type Context, Elysia } from "elysia";

import type { MaybePromise } from "../process/and-then.ts";
import { showAsSynchronous } from "./at-once.ts";
import { contextOf } from "./context.ts";
import { ProblemError } from "./failure.ts";
import { internal } from "./failures.ts";
import { fieldErrors, type Input, inputCheck } from "./input.ts";
import { bodyOf } from "./json.ts";
import type { Fail } from "./problem.ts";

export interface CheckedRoutesOptions {
  /** Turns a rejected promise into a response. Thrown errors reach Elysia's hooks. */
  fail: Fail;
  /**
   * Called before a body is read. (A parser for all routes would make Elysia await routes without a
   * body, too.) Default: nothing
   */
  beforeBody?: ((context: Pick<Context, "request" | "route">) => void) | undefined;
}

type Handler = (context: Context) => MaybePromise<unknown>;

/** Returns the same routes, with handlers that may return a value or a promise of one. */
export function checkedRoutes(routes: AnyElysia, { fail, beforeBody }: CheckedRoutesOptions) {
  const app = new Elysia({ normalize: false });
  for (const { method, path, handler, hooks } of routes.routes) {
    const { headers, params, query, body, response: schemas = {}, ...others } = hooks;
    const checkInput = inputCheck({ headers, params, query, body });
    const checkResponse = responseCheck(schemas);
    const handle = handler as Handler;
    const respond: Handler = (context) => {
      const { request, set } = context;
      contextOf(request).route = path;
      checkInput(context as Input);
      const value = handle(context);
      if (!(value instanceof Promise)) return bodyOf(checkResponse(value, set), context);
      return value
        .then((late) => bodyOf(checkResponse(late, set), context))
        .catch((error: unknown) => fail({ error, request, set }));
    };
    if (others.parse && beforeBody) others.parse = [{ fn: beforeBody }, ...others.parse];
    app.route(method, path, showAsSynchronous(respond), others);
  }
  return app;
}

/** Checks what a handler returns against the schema of the status that it has set. */
function responseCheck(schemas: Record<number, TSchema>) {
  const compiled: Record<number, TypeCheck<TSchema>> = {};
  return <Value>(value: Value, set: Context["set"]): Value => {
    const status = Number(set.status);
    const schema = schemas[status];
    if (!schema) throw new Error(`The route declares no response with status ${status}`);
    const validator = (compiled[status] ??= TypeCompiler.Compile(schema));
    if (!validator.Check(value)) throw invalidResponse(validator.Errors(value));
    return value;
  };
}

/** A response that does not match its schema is our own fault; its content must not be revealed. */
function invalidResponse(errors: Iterable<ValueError>): ProblemError {
  const fields = fieldErrors(errors).map(({ pointer, detail }) => `${pointer}: ${detail}`);
  const cause = new Error(`The response does not match its schema: ${fields.join("; ")}`);
  return new ProblemError(internal, { cause });
}
