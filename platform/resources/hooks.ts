/** The options and hooks of a route, as Elysia keeps them, and how its hooks run. */
import { Kind, type TObject, type TSchema } from "@sinclair/typebox";
import { type Context, ElysiaCustomStatusResponse } from "elysia";

import { Answer } from "./answers.ts";
import { neededBy } from "./door.ts";

/** The options of a route that matter here. */
export type Hooks = Record<string, unknown> & {
  response?: TSchema | Record<number, TSchema>;
  headers?: TObject;
  params?: TObject;
  query?: TObject;
  body?: TSchema;
  beforeHandle?: Hook[];
  detail?: { security?: unknown };
  /** The schemas of guards and macros, which Elysia keeps apart. */
  standaloneValidator?: Record<string, TSchema | Record<number, TSchema>>[];
};

/** The declared responses by status; a single schema is that of 200. */
export function responsesOf({ response = {} }: Pick<Hooks, "response">): Record<number, TSchema> {
  return Kind in response ? { 200: response as TSchema } : (response as Record<number, TSchema>);
}

/** A hook. One of the type `derive` or `resolve` adds what it returns to the context. */
export interface Hook {
  fn: (context: Context) => unknown;
  subType?: string;
}

/** Returns each thing that the hooks say their route needs. */
export function allNeeded({ beforeHandle = [] }: Pick<Hooks, "beforeHandle">) {
  const said = beforeHandle.flatMap((hook) => {
    const needed = neededBy(hook);
    return needed ? [[needed.join(" or "), needed] as const] : [];
  });
  return [...new Map(said).values()];
}

export interface Lifecycle {
  transform: readonly Hook[];
  beforeHandle: readonly Hook[];
  afterHandle: readonly Hook[];
  mapResponse: readonly Hook[];
}

/** Whether it says the status of the response, and so is the response, wherever it comes from. */
export function isStatus(value: unknown): boolean {
  return (
    value instanceof Answer ||
    value instanceof ElysiaCustomStatusResponse ||
    value instanceof Response
  );
}

/**
 * Returns what the handler returns, or what a hook returns instead, in Elysia's order.
 *
 * @param handle checks the input, before the first `beforeHandle`, and calls the handler
 */
export async function runHooks(
  context: Context,
  { transform, beforeHandle, afterHandle }: Lifecycle,
  { checkInput, handle }: { checkInput(): void; handle(): unknown },
): Promise<unknown> {
  let early = await earlyResult(context, transform);
  if (early === undefined) {
    checkInput();
    early = await earlyResult(context, beforeHandle);
  }
  let value = early === undefined ? await handle() : early;
  for (const { fn } of afterHandle) {
    const changed = await fn(Object.assign(context, { response: value, responseValue: value }));
    if (changed !== undefined) value = changed;
  }
  return value;
}

async function earlyResult(context: Context, hooks: readonly Hook[]): Promise<unknown> {
  for (const { fn, subType } of hooks) {
    const value = await fn(context);
    if (subType !== undefined && !isStatus(value)) Object.assign(context, value);
    else if (value !== undefined) return value;
  }
  return undefined;
}
