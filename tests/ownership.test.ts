/**
 * Whose a resource is, as its table declares: every operation of every service, from their routes,
 * for its owner, another user, a caller who can own nothing, an admin and a service. The mutants of
 * tests/verify/ownership.ts show that no check of a store or a route can be left out.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { needsOf } from "../platform/http/security.ts";
import { CALLEES } from "../services.ts";
import { openApps } from "./support/apps.ts";
import { ask, nextPage } from "./support/ask.ts";
import { caller, EVERYTHING_OWN, IDENTITY } from "./support/callers.ts";
import {
  bodiesOf,
  creationOf,
  namesOwner,
  newBody,
  queriesOf,
  resourcesOf,
  type Route,
  routeOf,
  type Shown,
} from "./support/resources.ts";
import { NAMES } from "./support/services.ts";

const RESOURCES = await resourcesOf(IDENTITY);
/** The demo data of each resource has one with this id. */
const ID = "1";
/** No id starts with a dot. */
const MISSING = "nobody-has-this-id";
/** A user of the demo data who owns none of what the tests look at. */
const OTHER = "2";
/** Its subject cannot be the id of a user. */
const NOBODY = "a b";

type Options = { method?: string; headers?: Record<string, string>; body?: unknown };

test("Every operation that needs a scope of a service is on a resource whose table has an owner", async () => {
  const apps = await openApps({ environment: IDENTITY });
  for (const name of NAMES) {
    const known = RESOURCES.filter(({ service }) => service === name).map((one) => one.table.name);
    const needing = Array.from(needsOf(apps[name])).filter(([, needs]) =>
      needs?.some((scope) => scope.startsWith(`${name}:`)),
    );
    expect(needing).not.toBeEmpty();
    for (const [operation] of needing) expect(known).toContain(operation.split("/")[1] ?? "");
  }
  await apps.close();
});

describe.each(RESOURCES.map((one) => [one.table.name, one] as const))("%s", (name, resource) => {
  const { service, table, routes } = resource;
  let apps: Awaited<ReturnType<typeof openApps>>;
  /** The resource of the demo data, as an admin sees it, and whose it is. */
  let shown: Shown;
  let owner: string;
  beforeEach(async () => {
    apps = await openApps({ environment: IDENTITY });
    shown = await readAsAdmin();
    owner = table.ownerOf(shown);
    expect([OTHER, NOBODY]).not.toContain(owner);
  });
  afterEach(() => apps.close());

  /** Sends a request as this subject. No response may be a fault of the service. */
  async function send(
    path: string,
    sub: string,
    { headers, ...options }: Options = {},
    scope?: string,
  ) {
    const who = await caller(sub, scope);
    const response = await ask(apps[service], path, {
      ...options,
      headers: { ...headers, ...who },
    });
    const { status } = response;
    if (status >= 500) throw new Error(`${path} as ${sub}: ${status} ${await response.text()}`);
    return response;
  }

  const asAdmin = (path: string, options?: Options) => send(path, "root", options, "admin");

  async function readAsAdmin(): Promise<Shown> {
    const response = await asAdmin(`/${name}/${ID}`);
    return { ...((await response.json()) as Shown), etag: response.headers.get("etag") };
  }

  /** Everything that an admin sees of this owner, in one text. */
  async function everything(): Promise<string> {
    const list = routeOf(resource, "GET", false);
    const query = list ? queriesOf(resource, list, shown)[0] : "";
    return list ? (await asAdmin(`/${name}${query}`)).text() : "";
  }

  /** The requests of a route on one resource: each query, each body, each condition. */
  function requestsOf(route: Route): { path: (id: string) => string; options: Options }[] {
    const { method } = route;
    const tag = String(shown["etag"]);
    const conditions =
      method === "GET" ? { "if-none-match": [tag, "*"] } : { "if-match": [tag, "*", '"9"'] };
    const headers = Object.entries(conditions).flatMap(([field, values]) =>
      values.map((value) => ({ [field]: value })),
    );
    return queriesOf(resource, route, shown).flatMap((query) =>
      bodiesOf(resource, route).flatMap((body) =>
        [{}, ...headers].map((headers) => ({
          path: (id: string) => `${route.path.replace("{id}", id)}${query}`,
          options: { method, headers, ...(body && { body }) },
        })),
      ),
    );
  }

  const onOne = routes.filter(({ path }) => path.includes("{id}"));

  test.each(onOne.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "%s is for others as if there were none",
    async (_name, route) => {
      for (const { path, options } of requestsOf(route)) {
        for (const sub of [OTHER, NOBODY]) {
          const [found, missing] = [
            await send(path(ID), sub, options),
            await send(path(MISSING), sub, options),
          ];
          expect([sub, options, await told(found)]).toEqual([sub, options, await told(missing)]);
          expect(found.status).toBe(404);
        }
        expect(await readAsAdmin()).toEqual(shown);
      }
    },
  );

  test.each(onOne.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "%s finds it for its owner and for an admin",
    async (_name, route) => {
      const [{ path, options } = expect.unreachable()] = requestsOf(route);
      expect((await send(path(ID), owner, options)).status).not.toBe(404);
      await apps.close();
      apps = await openApps({ environment: IDENTITY });
      const response = await asAdmin(path(ID), options);
      expect([response.status, response.ok]).toEqual([response.status, true]);
    },
  );

  const list = routeOf(resource, "GET", false);

  test("A list has only the caller's own, with any query", async () => {
    await create("another");
    for (const query of queriesOf(resource, list as Route, shown)) {
      for (const sub of [OTHER, NOBODY, owner]) {
        const response = await send(`/${name}${query}`, sub);
        if (response.status === 404) expect(sub).not.toBe(owner);
        else for (const one of await itemsOf(response)) expect(table.ownerOf(one)).toBe(sub);
      }
      for (const all of [
        await send(`/${name}${query}`, owner),
        await asAdmin(`/${name}${query}`),
      ]) {
        expect((await itemsOf(all)).map(({ id }) => id)).toContain(ID);
      }
    }
  });

  test("The cursor of another shows only the caller's own", async () => {
    await create("another");
    const query = new URLSearchParams(queriesOf(resource, list as Route, shown)[0]);
    query.set("limit", "1");
    const next = nextPage(await asAdmin(`/${name}?${query}`)) ?? expect.unreachable();
    expect(await itemsOf(await asAdmin(next))).toHaveLength(1);
    for (const sub of [OTHER, NOBODY, owner]) {
      const response = await send(next, sub);
      if (response.status >= 400) expect(sub).not.toBe(owner);
      else for (const one of await itemsOf(response)) expect(table.ownerOf(one)).toBe(sub);
    }
  });

  test("A creation makes the caller its owner, or is refused", async () => {
    const path = creationOf(resource).path;
    const sub = namesOwner(resource) ? owner : "newcomer";
    const own = await send(path, sub, { body: newBody(resource, 1, sub) });
    expect([own.status, table.ownerOf((await own.json()) as Shown)]).toEqual([201, sub]);
    expect((await asAdmin(path, { body: newBody(resource, 2, owner) })).status).toBe(201);
    const before = await everything();
    for (const headers of [{}, { "idempotency-key": "k" }]) {
      for (const sub of [OTHER, NOBODY]) {
        const response = await send(path, sub, { body: newBody(resource, 3, owner), headers });
        // Without an owner in the body, a user can create its own, if it has none.
        if (response.ok) {
          expect(namesOwner(resource) || sub === NOBODY).toBe(false);
          expect(table.ownerOf((await response.json()) as Shown)).toBe(sub);
        }
      }
    }
    if (namesOwner(resource)) expect(await everything()).toBe(before);
  });

  test("A key replays nothing that is not the caller's", async () => {
    const path = creationOf(resource).path;
    const request = { body: newBody(resource, 1, owner), headers: { "idempotency-key": "k" } };
    const once = await send(path, OTHER, request, "admin");
    const { id } = (await once.json()) as Shown;
    expect([once.status, await replayOf(OTHER, "admin")]).toEqual([201, true]);
    // No admin any more, then others with the same key.
    for (const sub of [OTHER, NOBODY, "newcomer"]) expect(await replayOf(sub)).toBe(false);

    async function replayOf(sub: string, scope = EVERYTHING_OWN): Promise<boolean> {
      const again = await send(path, sub, request, scope);
      const text = await again.text();
      if (scope !== "admin") {
        expect(text).not.toContain(id);
        if (again.ok) expect(table.ownerOf(JSON.parse(text) as Shown)).toBe(sub);
      }
      return again.headers.has("idempotency-replayed");
    }
  });

  if (CALLEES.some((callee) => callee === service)) {
    test("A service reads any by id, and lists its own", async () => {
      const scope = `${service}:read ${service}:read:any`;
      expect((await send(`/${name}/${ID}`, OTHER, {}, scope)).status).toBe(200);
      for (const query of list ? queriesOf(resource, list, shown) : []) {
        const response = await send(`/${name}${query}`, OTHER, {}, scope);
        if (!response.ok) continue;
        for (const one of await itemsOf(response)) expect(table.ownerOf(one)).toBe(OTHER);
      }
    });
  }

  /** Creates one more for the owner, so that lists have a second page. */
  async function create(number: string): Promise<void> {
    const body = newBody(resource, number, owner);
    expect((await asAdmin(creationOf(resource).path, { body })).status).toBe(201);
  }
});

/** What a response tells the client, apart from its own id. */
async function told(response: Response) {
  const { request_id: _, ...problem } = (await response.json()) as Record<string, unknown>;
  return { status: response.status, ...problem };
}

async function itemsOf(response: Response): Promise<Shown[]> {
  expect(response.status).toBe(200);
  return (await response.json()) as Shown[];
}
