import { expect, test } from "bun:test";

import { samplesOf } from "../../tests/support/exposition.ts";
import { createMetrics } from "../process/metrics.ts";
import { createRequestMetrics, createScrape } from "./metrics.ts";

/** The counts by method, route and status, after these responses. */
function counted(...responses: [method: string, route: string, status: number][]) {
  const metrics = createMetrics();
  const requests = createRequestMetrics(metrics);
  for (const [method, route, status] of responses) {
    requests.started();
    requests.finished({ method, route, status, durationMs: 1 });
  }
  const counts = [...samplesOf(metrics.text())].filter(([series]) => series.includes("_count{"));
  return Object.fromEntries(counts.map(([series, count]) => [/\{.*\}/.exec(series)?.[0], count]));
}

test("Requests are counted by method, route and status", () => {
  expect(
    counted(["GET", "/", 200], ["GET", "/", 200], ["GET", "/", 400], ["POST", "/", 400]),
  ).toEqual({
    '{method="GET",route="/",status="200"}': 2,
    '{method="GET",route="/",status="400"}': 1,
    '{method="POST",route="/",status="400"}': 1,
  });
});

test("Unknown methods share one series, however many a client invents", () => {
  expect(counted(["BREW", "/", 405], ["get", "/", 405], ["PROPFIND", "/", 405])).toEqual({
    '{method="other",route="/",status="405"}': 3,
  });
});

test("A request is in flight from its start to its response", () => {
  const metrics = createMetrics();
  const requests = createRequestMetrics(metrics);
  requests.started();
  requests.started();
  requests.finished({ method: "GET", route: "/", status: 200, durationMs: 0 });
  expect(samplesOf(metrics.text()).get("http_requests_in_flight")).toBe(1);
});

test("Failures are counted by code, from the first one on", () => {
  const metrics = createMetrics();
  const requests = createRequestMetrics(metrics);
  for (const code of ["stale", undefined, "stale", "not_found"]) {
    requests.started();
    requests.finished({ method: "GET", route: "/", status: 400, durationMs: 0, code });
  }
  const samples = samplesOf(metrics.text());
  expect(samples.get('http_failures_total{code="stale"}')).toBe(2);
  expect(samples.get('http_failures_total{code="not_found"}')).toBe(1);
});

test("A service can add gauges, and counters whose series exist from the start", () => {
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

test("Scrapes at the same time share a rendering, which is made after each of them asked", async () => {
  const rendered: string[] = [];
  let requests = 0;
  const scrape = createScrape({
    text() {
      rendered.push(`${requests}`);
      return `${requests}`;
    },
  });
  expect(scrape()).toBe("0");
  const others = Array.from({ length: 50 }, () => {
    requests += 1;
    return scrape();
  });
  const texts = await Promise.all(others);
  expect(new Set(texts)).toEqual(new Set(["50"]));
  expect(rendered).toEqual(["0", "50"]);
});
