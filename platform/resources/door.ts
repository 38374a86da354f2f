/** What `.use(door)` adds to Elysia's routes: the option `needs`, and `who` in the context. */
import { Elysia } from "elysia";

import { needs as securityOf, type Scope } from "../http/security.ts";
import type { Who } from "./who.ts";

/** Stands for `who`, so that its type is known; `checked-routes.ts` gives the value. */
export function resolveWho(): { who: Who } {
  throw new Error("Only an app that composeApp has returned knows who asks");
}

type Needed = Scope | readonly [Scope, ...Scope[]];

/** The routes of a service use it. */
export const door = new Elysia({ name: "door" }).macro({
  /**
   * The scopes of which a caller needs one, or `admin`. One that ends in `:any` shows it everyone's
   * resources; with any other, it sees its own.
   */
  needs: (needed: Needed) => ({
    detail: securityOf(...((typeof needed === "string" ? [needed] : needed) as [Scope])) as {},
    resolve: resolveWho,
  }),
});
