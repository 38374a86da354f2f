/**
 * A program that asks the services for what is read most, and prints for every path whether the response
 * was there at once: `{"/users/1": true, ...}`. It is run as the sources are and as `build.ts` bundles it.
 */
import { service as orders } from "../../orders/service.ts";
import type { Service, ServiceSchema } from "../../shared/command/service.ts";
import { openDatabase } from "../../shared/database/open-database.ts";
import { readConfig } from "../../shared/process/config.ts";
import { silent } from "../../shared/process/log.ts";
import { service as users } from "../../users/service.ts";

const nowhere = { say() {}, progress() {}, print() {} };

async function open<Schema extends ServiceSchema>(service: Service<Schema>) {
  const database = await openDatabase("sqlite://:memory:");
  await database.migrate(service.migrations);
  await service.seed(database, {}, nowhere);
  return service.createApp({
    config: readConfig(service.config, {}),
    database,
    log: silent,
    draining: () => false,
    now: Date.now,
    fetch,
    peerOf: () => "",
  });
}

const apps = { users: await open(users), orders: await open(orders) };
const found: Record<string, boolean> = {};
for (const [name, path] of [
  ["users", "/users"],
  ["users", "/users?email=alice@example.com"],
  ["users", "/users/1"],
  ["orders", "/orders/1"],
] as const) {
  const response = apps[name].fetch(new Request(`http://localhost${path}`));
  found[path] = response instanceof Response && response.status === 200;
}
console.log(JSON.stringify(found));
