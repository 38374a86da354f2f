/**
 * A program that sends the most frequent reads to the services, and prints for each path whether
 * the response was synchronous: `{"/users/1": true, ...}`. It runs from source and as `build.ts`
 * bundles it.
 */
import { service as orders } from "../../orders/service.ts";
import type { Service, ServiceSchema } from "../../platform/command/service.ts";
import { openDatabase } from "../../platform/database/open-database.ts";
import { createOtlpTracer } from "../../platform/http/trace/otlp.ts";
import { readConfig } from "../../platform/process/config.ts";
import { createLog } from "../../platform/process/log.ts";
import { createMetrics } from "../../platform/process/metrics.ts";
import { destinationOf } from "../../platform/process/trace/variables.ts";
import { service as users } from "../../users/service.ts";
import { caller, IDENTITY } from "./callers.ts";

const nowhere = { say() {}, progress() {}, print() {} };

async function open<Schema extends ServiceSchema>(
  service: Service<Schema>,
  environment: Record<string, string>,
) {
  const config = readConfig(service.config, environment);
  const log = createLog({ service: service.name, write() {} });
  const metrics = createMetrics();
  const destination = destinationOf(config);
  const tracer = destination
    ? createOtlpTracer({ config, destination, service: service.name, log })
    : undefined;
  const database = await openDatabase("sqlite://:memory:", { metrics, tracer });
  await database.migrate(service.migrations);
  await service.seed(database, {}, nowhere);
  return service.createApp({
    config,
    database,
    log,
    metrics,
    tracer,
    draining: () => false,
    now: Date.now,
    fetch,
    peerOf: () => "",
  });
}

const headers = await caller("1", "admin");
const found: Record<string, boolean> = {};
const settings: [name: string, environment: Record<string, string>][] = [
  ["", {}],
  ["with identity and a limit ", { ...IDENTITY, RATE_LIMIT: "100/60s" }],
  // No collector listens there.
  ["with traces ", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" }],
];
for (const [setting, environment] of settings) {
  const apps = { users: await open(users, environment), orders: await open(orders, environment) };
  for (const [name, path] of [
    ["users", "/users"],
    ["users", "/users?email=alice@example.com"],
    ["users", "/users/1"],
    ["orders", "/orders/1"],
  ] as const) {
    const ask = () => apps[name].fetch(new Request(`http://localhost${path}`, { headers }));
    // The first request puts the token into the cache.
    await ask();
    const response = ask();
    found[`${setting}${path}`] = response instanceof Response && response.status === 200;
  }
}
console.log(JSON.stringify(found));
