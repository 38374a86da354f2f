import { expect, test } from "bun:test";

import { samplesOf } from "../../tests/support/exposition.ts";
import { createMetrics } from "./metrics.ts";
import { measureProcess } from "./process-metrics.ts";

test("The process reports its build, uptime, memory and CPU time", () => {
  const metrics = createMetrics();
  measureProcess(metrics, "test")();
  const samples = samplesOf(metrics.text());
  const build = `build_info{service="test",version="dev",bun="${Bun.version}"}`;
  expect(samples.get(build)).toBe(1);
  expect(samples.get("process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
  expect(samples.get("process_cpu_seconds_total")).toBeGreaterThan(0);
  const started = samples.get("process_start_time_seconds") ?? 0;
  const uptime = samples.get("process_uptime_seconds") ?? 0;
  expect(Math.abs(Date.now() / 1_000 - started - uptime)).toBeLessThan(1);
});

test("The delay of the event loop grows when the loop is blocked", async () => {
  const metrics = createMetrics();
  const stop = measureProcess(metrics, "test");
  const count = (bound: string) =>
    samplesOf(metrics.text()).get(`event_loop_delay_seconds_bucket{le="${bound}"}`) ?? 0;
  const slow = () => count("+Inf") - count("0.25");
  while (count("+Inf") === 0) await Bun.sleep(1);
  const before = slow();
  Bun.sleepSync(500);
  while (slow() === before) await Bun.sleep(1);
  stop();
});
