/**
 * A program that asks the services for what is read most, and prints for every path whether the response
 * was there at once: `{"/users/1": true, ...}`. It is run as the sources are and as `build.ts` bundles it.
 */
import { service as orders } from "../../orders/service.ts";
import type { Service, ServiceSchema } from "../../shared/command/service.ts";
import { openDatabase } from "../../shared/database/open-database.ts";
import { readConfig } from "../../shared/process/config.ts";
import { silent } from "../../shared/process/log.ts";
import { createMetrics } from "../../shared/process/metrics.ts";
import { service as users } from "../../users/service.ts";
import { caller, IDENTITY } from "./callers.ts";

const nowhere = { say() {}, progress() {}, print() {} };

async function open<Schema extends ServiceSchema>(
  service: Service<Schema>,
  environment: Record<string, string>,
) {
  const database = await openDatabase("sqlite://:memory:");
  await database.migrate(service.migrations);
  await service.seed(database, {}, nowhere);
  return service.createApp({
    config: readConfig(service.config, environment),
    database,
    log: silent,
    metrics: createMetrics(),
    draining: () => false,
    now: Date.now,
    fetch,
    peerOf: () => "",
  });
}

const headers = await caller("1", "admin");
const found: Record<string, boolean> = {};
for (const environment of [{}, { ...IDENTITY, RATE_LIMIT: "100/60s" }]) {
  const apps = { users: await open(users, environment), orders: await open(orders, environment) };
  const guards = "AUTH" in environment ? "with identity and a limit " : "";
  for (const [name, path] of [
    ["users", "/users"],
    ["users", "/users?email=alice@example.com"],
    ["users", "/users/1"],
    ["orders", "/orders/1"],
  ] as const) {
    const ask = () => apps[name].fetch(new Request(`http://localhost${path}`, { headers }));
    // From then on the token is known.
    await ask();
    const response = ask();
    found[`${guards}${path}`] = response instanceof Response && response.status === 200;
  }
}
console.log(JSON.stringify(found));
