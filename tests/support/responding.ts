/** Whether reads of services respond without a promise: from source, and as `build.ts` bundles them. */
import type { Service, ServiceSchema } from "../../platform/command/service.ts";
import { openDatabase } from "../../platform/database/open-database.ts";
import { createOtlpTracer } from "../../platform/http/trace/otlp.ts";
import { readConfig } from "../../platform/process/config.ts";
import { createLog } from "../../platform/process/log.ts";
import { createMetrics } from "../../platform/process/metrics.ts";
import { destinationOf } from "../../platform/process/trace/variables.ts";
import { caller, IDENTITY } from "./callers.ts";

const nowhere = { say() {}, progress() {}, print() {} };

async function open(service: Service<ServiceSchema>, environment: Record<string, string>) {
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

const SETTINGS: [name: string, environment: Record<string, string>][] = [
  ["", {}],
  ["with identity and a limit ", { ...IDENTITY, RATE_LIMIT: "100/60s" }],
  // No collector listens there.
  ["with traces ", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" }],
];

/**
 * Sends reads that call no other service, and returns for each whether the response was
 * synchronous: `{"/things/1": true, ...}`.
 */
export async function responding(
  services: readonly (readonly [Service<ServiceSchema>, paths: readonly string[]])[],
): Promise<Record<string, boolean>> {
  const headers = await caller("1", "admin");
  const found: Record<string, boolean> = {};
  for (const [setting, environment] of SETTINGS) {
    for (const [service, paths] of services) {
      const app = await open(service, environment);
      for (const path of paths) {
        const ask = () => app.fetch(new Request(`http://localhost${path}`, { headers }));
        // The first request puts the token into the cache.
        await ask();
        const response = ask();
        found[`${setting}${path}`] = response instanceof Response && response.status === 200;
      }
    }
  }
  return found;
}
