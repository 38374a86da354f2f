/** What the types of the door do not let through. */
import { expectTypeOf, test } from "bun:test";

import { treaty } from "@elysiajs/eden";
import { type Static, Type } from "@sinclair/typebox";
import { Elysia } from "elysia";

import { Id } from "../contract/schemas.ts";
import { Maker } from "../testing/family.ts";
import { fail, failure, found, type Stored } from "./answers.ts";
import type { Api } from "./api.ts";
import { door } from "./door.ts";
import { responses } from "./responses.ts";
import type { Who } from "./who.ts";

const MakerPath = Type.Object({ id: Id }, { additionalProperties: false });
const missing = failure.notFound("maker");
const stale = failure.stale("maker");
const taken = failure({ status: 409, code: "taken", detail: "Taken", description: "Taken." });
const stored = undefined as unknown as Stored<Static<typeof Maker>>;
const declared = {
  needs: "makers:read",
  params: MakerPath,
  response: responses.read(Maker, missing),
} as const;
const byId = (_who: Who) => stored;
const creation = responses.create(Maker, missing);
const removal = responses.remove(Maker, stale, missing);
const routes = new Elysia().use(door);

test("A handler that returns what its route does not declare does not compile", () => {
  routes.get("/:id", ({ who }) => found(byId(who), missing), declared);
  // @ts-expect-error a failure that is not declared, after a resource
  routes.get("/:id", () => found(stored, taken), declared);
  // @ts-expect-error a failure that is not declared
  routes.get("/:id", () => fail(taken), declared);
  // @ts-expect-error a value of another type
  routes.get("/:id", () => ({ id: 1 }), declared);
  // @ts-expect-error a status that is not declared
  routes.get("/:id", ({ status }) => status(202, undefined), declared);
  // @ts-expect-error a failure that is not declared, of a route without a 200
  routes.post("/", () => fail(taken), { needs: "makers:write", response: creation });
  // @ts-expect-error the same for a removal
  routes.delete("/:id", () => fail(taken), { ...declared, response: removal });
  // @ts-expect-error a parameter that the path does not have
  routes.get("/:id", ({ params }) => found((void params.name, stored), missing), declared);
});

test("A scope that no service could have, and `who` without `needs`, do not compile", () => {
  // @ts-expect-error neither read nor write
  routes.get("/:id", () => found(stored, missing), { ...declared, needs: "makers:raed" });
  const { needs: _needs, ...without } = declared;
  // @ts-expect-error `who` exists only where a route says what it needs
  routes.get("/:id", ({ who }) => found(byId(who), missing), without);
});

test("A change or a removal without the failure of a stale version does not compile", () => {
  // @ts-expect-error it has none
  void (() => responses.change(Maker));
  // @ts-expect-error another failure in its place
  void (() => responses.change(Maker, missing));
  // @ts-expect-error it has none
  void (() => responses.remove(Maker));
  // @ts-expect-error another failure in its place
  void (() => responses.remove(Maker, missing));
  expectTypeOf<Exclude<keyof typeof removal, 200>>().toEqualTypeOf<204 | 404 | 412>();
});

test("Headers of a route's own add to those that are implied", () => {
  const headers = Type.Object({ "x-own": Type.String() });
  const own = () =>
    new Elysia()
      .use(door)
      .get("/:id", ({ headers }) => found((void headers["x-own"], stored), missing), {
        ...declared,
        headers,
      });
  const { get } = treaty<Api<typeof own>>("localhost", { parseDate: false })({ id: "1" });
  void (() => get({ headers: { "x-own": "a", "if-none-match": "*" } }));
  // @ts-expect-error a header is missing
  void (() => get({ headers: { "if-none-match": "*" } }));
});
