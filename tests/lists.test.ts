/** What a list guarantees while replicas with different clocks write to it. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { randomFrom } from "../platform/database/seed.ts";
import type { ServiceName } from "../services.ts";
import { type Opened, openService, serveCalleesOf, TRUTH } from "./support/apps.ts";
import { ask, nextPage } from "./support/ask.ts";
import { documentOf } from "./support/document.ts";
import { type Engine, ENGINE_TIMEOUT_MS, ENGINES, freshUrl } from "./support/engines.ts";
import {
  creationOf,
  newBody,
  queriesOf,
  resourcesOf,
  routeOf,
  type Shown,
} from "./support/resources.ts";
import { drawSeed } from "./support/seed.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const AT = Date.UTC(2026, 4, 6);
const SKEW_MS = 200;

/** Replicas of a service on one database, each with its own clock. */
async function openReplicas(name: ServiceName, engine: Engine, clocks: readonly (() => number)[]) {
  const fresh = await freshUrl(engine);
  const { environment: urls, stop } = await serveCalleesOf(name);
  const environment = { ...TRUTH, ...urls };
  const replicas: Opened[] = [];
  for (const now of clocks) {
    replicas.push(await openService(name, { databaseUrl: fresh.url, environment, now }));
  }
  return {
    replicas,
    async [Symbol.asyncDispose]() {
      for (const replica of replicas) await replica.close();
      await stop();
      await fresh[Symbol.asyncDispose]();
    },
  };
}

/** Follows the pages from `start` to the last: returns all ids and the path of the last page. */
async function walk(replica: Opened, start: string) {
  const ids: string[] = [];
  for (let path = start; ;) {
    const response = await ask(replica, path);
    ids.push(...((await response.json()) as Shown[]).map(({ id }) => id));
    const next = nextPage(response);
    if (!next) return { ids, last: path };
    path = next;
  }
}

const LISTS = (await resourcesOf())
  .filter((one) => routeOf(one, "GET", false))
  .flatMap((one) => ENGINES.map((engine) => [one.table.name, engine, one] as const));

describe.each(LISTS)("The list of %s on %s", (name, engine, resource) => {
  const [query = ""] = queriesOf(resource, routeOf(resource, "GET", false)!, {});
  const start = `/${name}${query}${query ? "&" : "?"}limit=3`;

  let number = 0;
  async function create(replica: Opened): Promise<string> {
    number += 1;
    const body = newBody(resource, number, "1");
    const response = await ask(replica, creationOf(resource).path, { body });
    expect(response.status).toBe(201);
    return ((await response.json()) as Shown).id;
  }

  test("has everything acknowledged before the first page was requested, despite clock skew", async () => {
    const random = randomFrom(drawSeed());
    const started = performance.now();
    const skewed = () => AT + performance.now() - started + SKEW_MS * (random() - 0.5);
    const clocks = [() => Math.floor(skewed()), () => Math.floor(skewed() - SKEW_MS)];
    await using opened = await openReplicas(resource.service, engine, clocks);
    const { replicas } = opened;
    const acknowledged: string[] = [];

    async function write(replica: Opened) {
      for (let count = 0; count < 40; count += 1) acknowledged.push(await create(replica));
    }
    async function follow(replica: Opened) {
      for (let count = 0; count < 15; count += 1) {
        const before = [...acknowledged];
        const { ids } = await walk(replica, start);
        expect(ids).toEqual([...new Set(ids)]);
        expect(before.filter((id) => !ids.includes(id))).toEqual([]);
      }
    }
    await Promise.all(
      replicas.flatMap((replica) => [write(replica), write(replica), follow(replica)]),
    );
    expect(acknowledged).toHaveLength(160);
  });

  test("is not a feed: a kept cursor misses what comes from a slow clock, as documented", async () => {
    await using opened = await openReplicas(resource.service, engine, [
      () => AT,
      () => AT - SKEW_MS,
    ]);
    const [ahead, behind] = opened.replicas as [Opened, Opened];
    for (let count = 0; count < 3; count += 1) await create(ahead);
    const { last } = await walk(ahead, start);
    expect(last).toContain("cursor=");
    const id = await create(behind);
    expect((await walk(ahead, last)).ids).not.toContain(id);
    expect((await walk(ahead, start)).ids).toContain(id);
    expect((await documentOf(ahead)).info.description).toContain("A list is not a feed");
  });
});
