/**
 * Routes that respond at once where they have what they need, and later where they have to wait.
 *
 * Elysia wants to know beforehand which of the two a route does, and guesses from the text of its handler
 * (`/(?:return|=>)\s?\S+\(|a(?:sync|wait)/`, isAsync in its compose.mjs): whatever ends in a call is
 * awaited, and by the text that a minifier leaves. But it depends on the request, on the engine, and on
 * what is in a cache. So Elysia is told that no route waits, and all that it would do wrong with a promise
 * is done here: the response is checked against its schema, and a failure becomes a response.
 */
import type { TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { type AnyElysia, type Context, Elysia } from "elysia";

import type { MaybePromise } from "../process/and-then.ts";
import { bodyOf } from "./json.ts";
import type { Fail } from "./problem.ts";
import { invalidResponse } from "./validation.ts";

export interface AtOnceOptions {
  /** Makes a response of what a promise is rejected with; what is thrown reaches Elysia's hooks. */
  fail: Fail;
  /**
   * Called before a body is read. (A parser that holds for all routes would make Elysia wait in those
   * without a body as well.) Default: nothing
   */
  beforeBody?: ((context: Pick<Context, "request" | "route">) => void) | undefined;
}

type Handler = (context: Context) => MaybePromise<unknown>;

/**
 * The same routes, with handlers that may return a value or a promise of one.
 */
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
 * Lets Elysia read another text than that of the function: the parameters of the original, from which it
 * learns what of the context to prepare, and nothing that could be awaited.
 *
 * @param original whose parameters are shown. Default: the function itself
 *
 * @throws Error if the original does not name in its parameters what it uses
 */
export function showAsSynchronous<Shown extends Function>(
  shown: Shown,
  original: Function = shown,
): Shown {
  const [, parameters] = /^(?:async)?\s*(\(\{[^]*?\}\))\s*=>/.exec(String(original)) ?? [];
  if (!parameters) throw new Error("A handler is an arrow function that destructures its context");
  return Object.defineProperty(shown, "toString", { value: () => `${parameters} => {}` });
}
