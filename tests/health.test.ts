import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { createServiceClient } from "../platform/call/service-client.ts";
import type { Database } from "../platform/database/database.ts";
import { openDatabase } from "../platform/database/open-database.ts";
import { health } from "../platform/http/health.ts";
import { callSettingsOf } from "../platform/process/call-variables.ts";
import { readConfig } from "../platform/process/config.ts";
import { createLog, silent } from "../platform/process/log.ts";
import { createMetrics } from "../platform/process/metrics.ts";
import { Maker, ThingsConfig } from "../platform/testing/family.ts";
import { CALLEES, SERVICES, urlVariableOf } from "../services.ts";
import { openApps, openService } from "./support/apps.ts";
import { ask } from "./support/ask.ts";
import { samplesOf } from "./support/exposition.ts";
import { definitionOf, FIRST } from "./support/services.ts";

let database: Database;
beforeEach(async () => {
  database = await openDatabase("sqlite://:memory:");
  await database.migrate((await definitionOf(FIRST)).migrations);
});
afterEach(() => database.close());

const draining = () => false;
const never = () => new Promise<never>(() => {});
const basics = () => ({ database, draining, log: silent, metrics: createMetrics() });

async function readiness(asked: Parameters<typeof ask>[0]) {
  const answer = await ask(asked, "/health/ready");
  const report = (await answer.json()) as { status: string; degraded: boolean; checks: object };
  return { http: answer.status, ...report };
}

test("All services are alive and ready after the start", async () => {
  const apps = await openApps();
  const ready = { http: 200, status: "ready", degraded: false };
  for (const { name, calls } of SERVICES) {
    expect(await (await ask(apps[name], "/health/live")).json()).toEqual({ status: "alive" });
    const checks = Object.fromEntries(["database", ...calls].map((one) => [one, "ok"]));
    expect(await readiness(apps[name])).toEqual({ ...ready, checks });
  }
  await apps.close();
});

test("A service without its database is alive but not ready, and logs why", async () => {
  const lines: string[] = [];
  const log = createLog({ service: "test", write: (line) => void lines.push(line) });
  const service = await openService(FIRST, { log });
  await service.database.close();
  expect((await ask(service, "/health/live")).status).toBe(200);
  const unready = { http: 503, status: "unready", degraded: false };
  expect(await readiness(service)).toEqual({ ...unready, checks: { database: "unavailable" } });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "warn", check: "database" },
    { message: "request", route: "/health/ready", status: 503 },
  ]);
});

test("A service is ready without those that it calls, and reports itself as degraded", async () => {
  const urls = CALLEES.map((callee) => [urlVariableOf(callee), "http://127.0.0.1:1"]);
  const apps = await openApps({ environment: Object.fromEntries(urls) });
  for (const { name, calls } of SERVICES) {
    const unavailable = calls.map((callee) => [callee, "unavailable"]);
    const checks = { database: "ok", ...Object.fromEntries(unavailable) };
    const degraded = calls.length > 0;
    const report = await readiness(apps[name]);
    expect(report).toEqual({ http: 200, status: "ready", degraded, checks });
  }
  await apps.close();
});

test("A service that is shutting down is not ready", async () => {
  const app = health({ ...basics(), draining: () => true });
  expect(await readiness(app)).toMatchObject({ http: 503, status: "draining" });
});

test("A health check that hangs times out and counts as unavailable", async () => {
  const app = health({ ...basics(), degradable: { never }, timeoutMs: 1 });
  expect(await readiness(app)).toMatchObject({ http: 200, checks: { never: "unavailable" } });
  const hanging = { ...database, ping: never };
  const stuck = health({ ...basics(), database: hanging, timeoutMs: 1 });
  expect(await readiness(stuck)).toMatchObject({ http: 503, checks: { database: "unavailable" } });
});

test("A health check that fails after its timeout causes no unhandled rejection", async () => {
  const late = Promise.withResolvers<void>();
  const degradable = { late: () => late.promise };
  const app = health({ ...basics(), degradable, timeoutMs: 1 });
  expect(await readiness(app)).toMatchObject({ checks: { late: "unavailable" } });
  late.reject(new Error("An unhandled rejection would fail the test"));
  await new Promise(setImmediate);
});

test("A service is ready within a probe's timeout while one that it calls hangs", async () => {
  using hanging = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const MAKERS_URL = `http://127.0.0.1:${hanging.port}`;
  const settings = callSettingsOf("makers", readConfig(ThingsConfig, { MAKERS_URL }));
  const client = createServiceClient({ service: "makers", schema: Maker }, { ...settings, fetch });
  const app = health({ ...basics(), degradable: { makers: client.ping } });
  expect(await readiness(app)).toMatchObject({ http: 200, degraded: true });
});

/** A dependency whose checks the test ends, and the app that asks it. */
function dependent() {
  const pings: PromiseWithResolvers<void>[] = [];
  const clock = { ms: 0 };
  const lines: string[] = [];
  const metrics = createMetrics();
  let isDraining = false;
  const app = health({
    database,
    metrics,
    draining: () => isDraining,
    log: createLog({ service: "test", write: (line) => void lines.push(line) }),
    needed: {
      it() {
        const ping = Promise.withResolvers<void>();
        pings.push(ping);
        return ping.promise;
      },
    },
    timeoutMs: 1,
    now: () => clock.ms,
  });
  return { app, pings, clock, lines, metrics, drain: () => (isDraining = true) };
}

describe("A health check", () => {
  test("runs once for all who ask at the same time, and its result is kept for a second", async () => {
    const { app, pings, clock } = dependent();
    const asked = Array.from({ length: 600 }, () => readiness(app));
    pings[0]?.resolve();
    for (const one of asked) expect(await one).toMatchObject({ http: 200 });
    clock.ms = 999;
    expect(await readiness(app)).toMatchObject({ http: 200 });
    expect(pings).toHaveLength(1);
    clock.ms = 1_000;
    const next = readiness(app);
    pings[1]?.reject(new Error("Gone"));
    expect(await next).toMatchObject({ http: 503, checks: { it: "unavailable" } });
    expect(pings).toHaveLength(2);
  });

  test("that hangs is not started again until it settles, and is logged once", async () => {
    const { app, pings, clock, lines } = dependent();
    for (const ms of [0, 1_000, 5_000]) {
      clock.ms = ms;
      expect(await readiness(app)).toMatchObject({ http: 503, checks: { it: "unavailable" } });
    }
    expect([pings.length, lines.length]).toEqual([1, 1]);
    pings[0]?.resolve();
    await new Promise(setImmediate);
    const next = readiness(app);
    pings[1]?.resolve();
    expect(await next).toMatchObject({ http: 200, checks: { it: "ok" } });
  });

  test("is 1 in the metrics until it fails, and again when it succeeds", async () => {
    const { app, pings, clock, metrics } = dependent();
    const up = () => samplesOf(metrics.text()).get('health_check_up{check="it",needed="true"}');
    expect(up()).toBe(1);
    const failed = readiness(app);
    pings[0]?.reject(new Error("Gone"));
    await failed;
    expect(up()).toBe(0);
    clock.ms = 1_000;
    const back = readiness(app);
    pings[1]?.resolve();
    await back;
    expect(up()).toBe(1);
  });

  test("keeps no result of shutting down", async () => {
    const { app, pings, drain } = dependent();
    const ready = readiness(app);
    pings[0]?.resolve();
    expect(await ready).toMatchObject({ http: 200 });
    drain();
    expect(await readiness(app)).toMatchObject({ http: 503, status: "draining" });
  });
});
