/** Who may see the user of an order, with and without a third service that calls `orders`. */
import { afterAll, expect, test } from "bun:test";

import { orderRoutes } from "../../orders/routes.ts";
import { service } from "../../orders/service.ts";
import { createOrderStore } from "../../orders/store.ts";
import { composeApp } from "../../platform/command/app.ts";
import { serviceClient } from "../../platform/command/client.ts";
import { readConfig } from "../../platform/process/config.ts";
import { silent } from "../../platform/process/log.ts";
import { createMetrics } from "../../platform/process/metrics.ts";
import { SERVICES } from "../../services.ts";
import * as contract from "../../shared/types.ts";
import { openApps, TRUTH } from "../support/apps.ts";
import { ask, problemIn } from "../support/ask.ts";
import { caller, IDENTITY } from "../support/callers.ts";

const apps = await openApps({ environment: IDENTITY });
afterAll(() => apps.close());

const UNCALLED = SERVICES.filter(({ calls }) => !calls.includes("orders"));
const ASKING = { ...SERVICES[0], name: "asking", port: 1, calls: ["orders"] };
const CALLED = [...UNCALLED, ASKING as (typeof SERVICES)[number]];

/** The app of `orders` in a family. */
async function ordersIn(family: typeof SERVICES) {
  const { database } = apps.orders;
  const parts = {
    config: readConfig(service.config, { ...TRUTH, ...IDENTITY, USERS_URL: apps.users.url }),
    database,
    log: silent,
    metrics: createMetrics(),
    now: Date.now,
    draining: () => false,
    fetch: async (target: string, init: RequestInit) =>
      apps.users.handle(new Request(target, init)),
    peerOf: () => "",
  };
  const users = await serviceClient("users", contract.User, { by: "orders", ...parts });
  return composeApp("orders", {
    ...parts,
    family,
    contract,
    description: "Orders in another family.",
    routes: orderRoutes(createOrderStore(database, Date.now), users),
  });
}

test("A service that may read any order sees no user with it", async () => {
  const app = await ordersIn(CALLED);
  const headers = await caller("asking", "orders:read:any");
  expect((await ask(app, "/orders/1", { headers })).status).toBe(200);
  const refused = await ask(app, "/orders/1?expand=user", { headers });
  expect(await problemIn(refused)).toMatchObject({ status: 403, code: "insufficient_scope" });
});

test("The owner of an order, and an admin, see its user", async () => {
  const app = await ordersIn(CALLED);
  for (const headers of [await caller("1"), await caller("root", "admin")]) {
    const found = await ask(app, "/orders/1?expand=user", { headers });
    expect(await found.json()).toMatchObject({ user: { name: "Alice" } });
  }
});

test("The scope to read any order is nobody's while no service calls orders", async () => {
  const headers = await caller("asking", "orders:read:any");
  const refused = await ask(await ordersIn(UNCALLED), "/orders/1", { headers });
  expect(await problemIn(refused)).toMatchObject({ status: 403, code: "insufficient_scope" });
});
