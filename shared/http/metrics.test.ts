import { expect, test } from "bun:test";

import { createMetrics } from "./metrics.ts";

/** The samples by series, after checking every line against the text format of Prometheus. */
function samplesOf(text: string): Map<string, number> {
  expect(text).toEndWith("\n");
  const samples = new Map<string, number>();
  const typed = new Set<string>();
  for (const line of text.trimEnd().split("\n")) {
    const type = /^# TYPE ([a-z_]+) (?:counter|gauge|histogram)$/.exec(line);
    if (type?.[1]) typed.add(type[1]);
    if (line.startsWith("#")) {
      expect(line).toMatch(/^# (?:HELP [a-z_]+ \S.*|TYPE [a-z_]+ [a-z]+)$/);
      continue;
    }
    const sample = /^(([a-z_]+)(?:\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})?) (\S+)$/.exec(
      line,
    );
    const [, series = "", name = "", value] = sample ?? [];
    expect(typed).toContain(name.replace(/_(?:bucket|sum|count)$/, ""));
    expect(samples.has(series)).toBe(false);
    expect(Number(value)).not.toBeNaN();
    samples.set(series, Number(value));
  }
  return samples;
}

test("the text is the one that Prometheus reads, with nothing counted yet", () => {
  const samples = samplesOf(createMetrics().text());
  expect(samples.get("http_requests_in_flight")).toBe(0);
  expect(samples.get("process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
});

test("an answer is in the bucket of its duration and in all above", () => {
  const metrics = createMetrics();
  for (const seconds of [0.0005, 0.001, 0.003, 11]) {
    metrics.started();
    metrics.answered("GET", "/users", 200, seconds);
  }
  const samples = samplesOf(metrics.text());
  const series = (suffix: string, bound = "") =>
    samples.get(
      `http_request_duration_seconds_${suffix}{method="GET",route="/users",status="200"${bound}}`,
    );
  expect(series("bucket", ',le="0.001"')).toBe(2);
  expect(series("bucket", ',le="0.0025"')).toBe(2);
  expect(series("bucket", ',le="0.005"')).toBe(3);
  expect(series("bucket", ',le="10"')).toBe(3);
  expect(series("bucket", ',le="+Inf"')).toBe(4);
  expect(series("count")).toBe(4);
  expect(series("sum")).toBeCloseTo(11.0045);
});

test("methods, routes and statuses are counted apart", () => {
  const metrics = createMetrics();
  metrics.answered("GET", "/users", 200, 0);
  metrics.answered("GET", "/users", 400, 0);
  metrics.answered("POST", "/users", 400, 0);
  const counts = [...samplesOf(metrics.text())].filter(([series]) => series.includes("_count{"));
  expect(counts.map(([, count]) => count)).toEqual([1, 1, 1]);
});

test("what is started and not answered is in flight", () => {
  const metrics = createMetrics();
  metrics.started();
  metrics.started();
  metrics.answered("GET", "/", 200, 0);
  expect(samplesOf(metrics.text()).get("http_requests_in_flight")).toBe(1);
});

test("a service adds counters, whose series are there from the start, and gauges", () => {
  const metrics = createMetrics();
  const count = metrics.counter({
    name: "calls_total",
    help: "Calls",
    label: "outcome",
    values: ["answered", "failed"],
  });
  let waiting = 1;
  metrics.gauge({ name: "calls_waiting", help: "Calls that wait", read: () => waiting });
  count("answered");
  count("answered");
  waiting = 7;
  const samples = samplesOf(metrics.text());
  expect(samples.get('calls_total{outcome="answered"}')).toBe(2);
  expect(samples.get('calls_total{outcome="failed"}')).toBe(0);
  expect(samples.get("calls_waiting")).toBe(7);
});
