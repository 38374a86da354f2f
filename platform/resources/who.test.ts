import { expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";

import { ask, problemIn } from "../../tests/support/ask.ts";
import { caller, IDENTITY } from "../../tests/support/callers.ts";
import { needsOf } from "../http/security.ts";
import { appOf } from "../testing/app.ts";
import { fail, failure } from "./answers.ts";
import { door } from "./door.ts";
import { responses } from "./responses.ts";

const Seen = Type.Object({ owner: Type.String(), everyone: Type.Boolean(), own: Type.Boolean() });
const stale = failure.stale("thing");
const seen = () => ({ needs: "things:read", response: { 200: Seen } }) as const;
const wide = () =>
  ({
    needs: ["things:read", "makers:read:any"],
    params: Type.Object({ id: Type.String() }),
  }) as const;
const admits = ({ who }: { who: { admits(tag: string): boolean } }) =>
  ['"1"', '"2"'].map((tag) => who.admits(tag));

/** An app whose route tells what `who` is, and whose hooks tell that they ran. */
async function open() {
  const ran: string[] = [];
  const routes = new Elysia()
    .use(door)
    .get(
      "/own",
      ({ who }) => ({ owner: who.owner, everyone: who.isEveryone, own: who.owns("7") }),
      seen(),
    )
    .get(
      "/any/:id",
      ({ who }) => ({ owner: who.owner, everyone: who.isEveryone, own: who.owns("7") }),
      { ...seen(), ...wide() },
    )
    .get(
      "/admin/:id",
      ({ who }) => (who.requireAdmin(), { owner: "", everyone: true, own: true }),
      {
        ...seen(),
        ...wide(),
      },
    )
    .derive(() => void ran.push("derive"))
    .resolve(({ request }) => void ran.push(`resolve ${request.method}`))
    .get("/hooked", ({ who }) => ({ owner: who.owner, everyone: false, own: false }), seen())
    .post("/hooked", ({ body }) => body, { ...seen(), needs: "things:write", body: Seen });
  const app = await appOf(routes, { environment: IDENTITY });
  return { app, ran };
}

test("Without tokens, everyone's resources are shown", async () => {
  const routes = new Elysia().use(door).get("/own", ({ who }) => who.owner as never, {
    ...seen(),
    response: { 200: Type.String() },
  });
  expect(await (await ask(await appOf(routes), "/own")).json()).toBe("");
});

test("A scope shows a caller its own resources, and one that ends in :any everyone's", async () => {
  const { app } = await open();
  const who = async (path: string, scope: string) =>
    (await ask(app, path, { headers: await caller("7", scope) })).json();
  const own = { owner: "7", everyone: false, own: true };
  const everyone = { owner: "", everyone: true, own: true };
  expect(await who("/own", "things:read")).toEqual(own);
  expect(await who("/own", "things:read makers:read:any")).toEqual(own);
  expect(await who("/any/1", "things:read")).toEqual(own);
  expect(await who("/any/1", "makers:read:any")).toEqual(everyone);
  expect(await who("/own", "admin")).toEqual(everyone);
});

test("A scope to read any resource of a service that no other one calls is nobody's", async () => {
  const routes = new Elysia().use(door).get("/any/:id", ({ who }) => who.owner as never, {
    needs: ["things:read", "things:read:any"],
    params: Type.Object({ id: Type.String() }),
    response: { 200: Type.String() },
  });
  const app = await appOf(routes, { environment: IDENTITY });
  expect(needsOf(app).get("GET /any/:id")).toEqual(["things:read", "admin"]);
  const headers = await caller("7", "things:read:any");
  expect(await problemIn(await ask(app, "/any/1", { headers }))).toMatchObject({ status: 403 });
});

test("isAdmin says who has the scope admin, without refusing anyone", async () => {
  const routes = new Elysia().use(door).get("/admin/:id", ({ who }) => String(who.isAdmin), {
    ...wide(),
    response: { 200: Type.String() },
  });
  const app = await appOf(routes, { environment: IDENTITY });
  const answer = async (scope: string) =>
    (await ask(app, "/admin/1", { headers: await caller("7", scope) })).json();
  expect(await answer("things:read")).toBe("false");
  expect(await answer("makers:read:any")).toBe("false");
  expect(await answer("admin")).toBe("true");
});

test("requireAdmin responds with 403 to anyone else", async () => {
  const { app } = await open();
  for (const scope of ["things:read", "makers:read:any"]) {
    const refused = await ask(app, "/admin/1", { headers: await caller("7", scope) });
    expect(refused.headers.get("www-authenticate")).toBe(
      'Bearer realm="things", error="insufficient_scope", scope="admin"',
    );
    expect(await problemIn(refused)).toMatchObject({ status: 403, code: "insufficient_scope" });
  }
  expect((await ask(app, "/admin/1", { headers: await caller("7", "admin") })).status).toBe(200);
});

test("No hook of a route runs for a caller who may not use it", async () => {
  const { app, ran } = await open();
  expect((await ask(app, "/hooked")).status).toBe(401);
  const lacking = await caller("7", "things:write");
  expect((await ask(app, "/hooked", { headers: lacking })).status).toBe(403);
  expect((await ask(app, "/hooked", { body: {}, headers: {} })).status).toBe(401);
  expect(ran).toEqual([]);
  const allowed = await caller("7", "things:read");
  expect((await ask(app, "/hooked", { headers: allowed })).status).toBe(200);
  expect(ran).toEqual(["derive", "resolve GET"]);
});

test("If-Match is what who.tags has, on a route with the failure of a stale version", async () => {
  const admitted = { response: { 200: Type.Array(Type.Boolean()) } };
  const routes = new Elysia()
    .use(door)
    .patch("/a", admits, {
      needs: "things:write",
      response: { ...admitted.response, ...responses.failures(stale) },
    })
    .patch("/b", admits, { needs: "things:write", ...admitted })
    .patch("/c", () => fail(stale), {
      needs: "things:write",
      response: responses.change(Type.Object({}), stale),
    });
  const app = await appOf(routes);
  const asked = async (path: string, ifMatch: string) =>
    (await ask(app, path, { method: "PATCH", headers: { "if-match": ifMatch } })).json();
  expect(await asked("/a", '"2"')).toEqual([false, true]);
  expect(await asked("/a", "*")).toEqual([true, true]);
  expect(await asked("/a", "nonsense")).toMatchObject({ status: 400, code: "invalid_headers" });
  expect(await asked("/b", '"2"')).toEqual([true, true]);
  expect(await asked("/c", '"2"')).toMatchObject({ status: 412, code: "stale" });
});
