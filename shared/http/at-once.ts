/**
 * Routes that respond without a promise if they have the data, and with one if they have to wait.
 *
 * Elysia decides from the source text of a handler whether to await it
 * (`/(?:return|=>)\s?\S+\(|a(?:sync|wait)/`, isAsync in its compose.mjs): it awaits every handler
 * that ends in a call, and judges the text that a minifier leaves. Here it depends on the request,
 * the engine and the cache. So Elysia is told that no route waits, and what it would then do wrong
 * with a promise is done here: the response is checked against its schema, and a failure becomes a
 * response.
 */
import type { TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { type AnyElysia, type Context, Elysia } from "elysia";

import type { MaybePromise } from "../process/and-then.ts";
import { bodyOf } from "./json.ts";
import type { Fail } from "./problem.ts";
import { invalidResponse } from "./validation.ts";

export interface AtOnceOptions {
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
export function respondingAtOnce(routes: AnyElysia, { fail, beforeBody }: AtOnceOptions) {
  const app = new Elysia({ normalize: false });
  for (const { method, path, handler, hooks } of routes.routes) {
    const { response: schemas = {}, ...others } = hooks;
    const check = checkerOf(schemas);
    const handle = handler as Handler;
    const respond: Handler = (context) => {
      const { request, set } = context;
      const value = handle(context);
      if (!(value instanceof Promise)) return bodyOf(check(value, set), context);
      return value
        .then((late) => bodyOf(check(late, set), context))
        .catch((error: unknown) => fail({ error, request, set }));
    };
    if (others.parse && beforeBody) others.parse = [{ fn: beforeBody }, ...others.parse];
    app.route(method, path, showAsSynchronous(respond, handle), others);
  }
  return app;
}

/** Checks what a handler returns against the schema of the status that it has set. */
function checkerOf(schemas: Record<number, TSchema>) {
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

/**
 * Shows Elysia a source text other than the function's own: the parameters of the original, from
 * which Elysia learns which parts of the context to prepare, and nothing to await.
 *
 * @param original whose parameters are shown. Default: the function itself
 * @throws Error if the original does not destructure its context in its parameters
 */
export function showAsSynchronous<Shown extends Function>(
  shown: Shown,
  original: Function = shown,
): Shown {
  const [, parameters] = /^(?:async)?\s*(\(\{[^]*?\}\))\s*=>/.exec(String(original)) ?? [];
  if (!parameters)
    throw new Error("A handler must be an arrow function that destructures its context");
  return Object.defineProperty(shown, "toString", { value: () => `${parameters} => {}` });
}
