/** What `.use(door)` adds to Elysia's routes: the option `needs`, and `who` in the context. */
import { Elysia } from "elysia";

import type { Scope } from "../http/security.ts";
import type { Who } from "./who.ts";

type Scopes = readonly [Scope, ...Scope[]];

/** Stands for `who` in the types, and for what a route needs; see `neededBy`. */
type WhoHook = (() => { who: Who }) & { needed: Scopes };

function whoHook(needed: Scopes): WhoHook {
  return Object.assign(() => unknown(needed), { needed });
}

function unknown(needed: Scopes): never {
  throw new Error(`Only an app of composeApp knows who asks for what needs ${needed.join(" or ")}`);
}

/** The routes of a service use it. */
export const door = new Elysia({ name: "door" }).macro({
  /**
   * The scopes of which a caller needs one, or `admin`. One that ends in `:any` shows it everyone's
   * resources; with any other, it sees its own. `NAME:read:any` of a service that no other one calls
   * is nobody's, and is not accepted.
   */
  needs: (needed: Scope | Scopes) => ({
    // Not in `detail`: Elysia changes that of an object that two routes share, and joins its lists.
    resolve: whoHook(typeof needed === "string" ? [needed] : needed),
  }),
});

/** Returns what the hook says that its route needs, if it says so. */
export function neededBy({ fn }: { fn: Function }): Scopes | undefined {
  return (fn as Partial<WhoHook>).needed;
}
