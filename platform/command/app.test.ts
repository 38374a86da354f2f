import { expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";

import { ask } from "../../tests/support/ask.ts";
import type { Scope } from "../http/security.ts";
import { door } from "../resources/door.ts";
import { appOf } from "../testing/app.ts";

/** Composes an app with one route that needs this scope. */
async function composed(needs: Scope) {
  const response = { 200: Type.String() };
  const params = Type.Object({ id: Type.String() });
  const routes = new Elysia()
    .use(door)
    .get("/things/:id", () => "made", { needs, params, response });
  return appOf(routes);
}

// No service calls `things`, so nobody has `things:read:any` until one does.
test.each<Scope>(["makers:read:any", "things:read:any"])(
  "An app is composed if its routes need scopes of the family: %s",
  async (scope) => {
    const response = await ask(await composed(scope), "/things/1");
    expect([response.status, await response.json()]).toEqual([200, "made"]);
  },
);

test.each<Scope>(["maker:read", "constructor:read"])(
  "An app with a route that needs %s is not composed, because no service has this scope",
  async (scope) => {
    const refused = await composed(scope).catch((error: Error) => error.message);
    expect(refused).toBe(`GET /things/:id needs ${scope}, which no service has`);
  },
);
