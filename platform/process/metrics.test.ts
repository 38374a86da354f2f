import { expect, test } from "bun:test";

import { promtool, samplesOf, testWithPromtool } from "../../tests/support/exposition.ts";
import { createMetrics } from "./metrics.ts";

test("A counter has a series for each value from the start", () => {
  const metrics = createMetrics();
  const count = metrics.counter({
    name: "calls_total",
    help: "Calls, by outcome",
    labels: { to: "makers" },
    label: "outcome",
    values: ["ok", "failed"],
  });
  count("ok");
  count("ok");
  expect(Object.fromEntries(samplesOf(metrics.text()))).toEqual({
    'calls_total{to="makers",outcome="ok"}': 2,
    'calls_total{to="makers",outcome="failed"}': 0,
  });
});

test("A gauge or total is read when the metrics are read", () => {
  const metrics = createMetrics();
  let value = 1;
  metrics.gauge({ name: "depth", help: "Depth", read: () => value });
  metrics.total({ name: "seen_total", help: "Seen", read: () => value * 10 });
  value = 2;
  expect(metrics.text()).toBe(
    "# HELP depth Depth\n# TYPE depth gauge\ndepth 2\n" +
      "# HELP seen_total Seen\n# TYPE seen_total counter\nseen_total 20\n",
  );
});

test("A value counts in the bucket of its bound and in all larger ones", () => {
  const metrics = createMetrics();
  const seriesOf = metrics.histogram({ name: "time_seconds", help: "Time", bounds: [0.1, 1] });
  const observe = seriesOf({ route: "/makers" });
  for (const seconds of [0.05, 0.1, 0.5, 2]) observe(seconds);
  const samples = samplesOf(metrics.text());
  expect(samples.get('time_seconds_bucket{route="/makers",le="0.1"}')).toBe(2);
  expect(samples.get('time_seconds_bucket{route="/makers",le="1"}')).toBe(3);
  expect(samples.get('time_seconds_bucket{route="/makers",le="+Inf"}')).toBe(4);
  expect(samples.get('time_seconds_count{route="/makers"}')).toBe(4);
  expect(samples.get('time_seconds_sum{route="/makers"}')).toBeCloseTo(2.65);
});

test("A histogram can have no labels", () => {
  const metrics = createMetrics();
  metrics.histogram({ name: "units", help: "Units", bounds: [1] })()(1);
  expect(Object.fromEntries(samplesOf(metrics.text()))).toEqual({
    'units_bucket{le="1"}': 1,
    'units_bucket{le="+Inf"}': 1,
    units_sum: 1,
    units_count: 1,
  });
});

test("The series of one name are adjacent and have one type", () => {
  const metrics = createMetrics();
  const gauge = (to: string) =>
    metrics.gauge({ name: "open", help: "Open", labels: { to }, read: () => 1 });
  gauge("makers");
  metrics.gauge({ name: "other", help: "Other", read: () => 0 });
  gauge("stock");
  expect([...samplesOf(metrics.text()).keys()]).toEqual([
    'open{to="makers"}',
    'open{to="stock"}',
    "other",
  ]);
  const again = () => metrics.total({ name: "open", help: "Open", read: () => 1 });
  expect(again).toThrow("open is a gauge already");
});

test("A label value is escaped", () => {
  const metrics = createMetrics();
  metrics.gauge({ name: "build_info", help: "Build", labels: { v: '1 "a\\b"\n2' }, read: () => 1 });
  expect(metrics.text()).toContain('build_info{v="1 \\"a\\\\b\\"\\n2"} 1\n');
  samplesOf(metrics.text());
});

testWithPromtool("promtool accepts every kind of metric without warnings", async () => {
  const metrics = createMetrics();
  const options = { help: "What it is", labels: { to: 'a"b' } };
  metrics.counter({ ...options, name: "a_total", label: "outcome", values: ["ok"] })("ok");
  metrics.gauge({ ...options, name: "b", read: () => 1e-7 });
  metrics.total({ ...options, name: "c_bytes_total", read: () => 1e21 });
  metrics.histogram({ ...options, name: "d_seconds", bounds: [0.1] })()(0.3);
  expect(await promtool(["check", "metrics"], metrics.text())).toBe("");
});
