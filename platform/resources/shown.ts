/** What Elysia is shown of a route's functions, from whose text it decides what to prepare. */
import type { TObject, TSchema } from "@sinclair/typebox";
import type { Context } from "elysia";
import { type Sucrose, sucrose } from "elysia/sucrose";

export interface ShownOptions {
  /** The handler and the hooks of the route. */
  functions: readonly Function[];
  schemas: { query?: TObject; body?: TSchema };
}

export interface Shown {
  /** The text of a function that awaits nothing, and needs what the functions need. */
  text: string;
  /** Whether they use headers. They get all, where Elysia's handlers do. */
  headers: boolean;
  /** Makes the use of what the route cannot have an error. Undefined: it is known to use nothing */
  forbid: ((context: Context) => void) | undefined;
}

const OPTIONAL = ["server", "path", "url", "headers"] as const;

/**
 * Elysia reads from the text of a function which parts of the context it uses. A function that
 * passes its whole context on may use any.
 *
 * @throws Error that names the route, if it uses a part of the request that it has no schema for
 */
export function shownFor(route: string, { functions, schemas }: ShownOptions): Shown {
  const all = functions.map(usesOf);
  const certain = all.filter((uses) => !isWhole(uses));
  const passesWhole = certain.length < all.length;
  const hasQuery = Object.keys(schemas.query?.properties ?? {}).length > 0;
  const lacking = new Map([
    ["query", hasQuery ? "" : "declares no schema for it"],
    ["body", schemas.body ? "" : "declares no schema for it"],
    ["cookie", "callers authenticate with a token"],
  ]);
  for (const [part, reason] of lacking) {
    const message = `${route} uses its ${part}, but ${reason}`;
    if (reason && certain.some((uses) => uses[part as keyof Sucrose.Inference])) {
      throw new Error(message);
    }
  }
  const names = OPTIONAL.filter((name) => all.some((uses) => uses[name]));
  return {
    text: `({ ${["request", "route", "set", ...names].join(", ")} }) => {}`,
    headers: names.includes("headers"),
    forbid: passesWhole ? forbidding(route, lacking) : undefined,
  };
}

function usesOf(handler: Function): Sucrose.Inference {
  // The text of a bound function says nothing.
  const isOpaque = /\{\s*\[native code\]\s*\}$/.test(handler.toString());
  return sucrose({ handler: isOpaque ? PASSING : handler } as never);
}

/** It passes its whole context on. */
const PASSING = (context: unknown) => String(context);

function isWhole(uses: Sucrose.Inference): boolean {
  return Object.values(uses).every(Boolean);
}

/** `body` and `cookie` fail when they are read; the query of such a route is always empty. */
function forbidding(route: string, lacking: ReadonlyMap<string, string>) {
  const properties: PropertyDescriptorMap = {};
  for (const [part, reason] of lacking) {
    if (!reason || part === "query") continue;
    const get = (): never => {
      throw new Error(`${route} uses its ${part}, but ${reason}`);
    };
    properties[part] = { get, enumerable: false, configurable: true };
  }
  return (context: Context): void => void Object.defineProperties(context, properties);
}
