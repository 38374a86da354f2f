/** docs/operating.md lists exactly the metrics and log fields that the services write. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";

import dashboard from "../../deploy/observability/dashboard.json";
import { CALLEES, SERVICES, urlVariableOf } from "../../services.ts";
import { caller, IDENTITY } from "../support/callers.ts";
import { startCollector } from "../support/collector.ts";
import { promtool, samplesOf, testWithPromtool } from "../support/exposition.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { type Running, startService } from "../support/processes.ts";

const page = await Bun.file(join(ROOT, "docs", "operating.md")).text();
const rules = await Bun.file(join(ROOT, "deploy", "observability", "rules.yml")).text();

const folder = temporaryFolder();
const running: Running[] = [];
const collector = startCollector();
let metrics: string[] = [];
let lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  const urls: Record<string, string> = {};
  for (const { name } of SERVICES) {
    const service = await startService(name, {
      DATABASE_URL: `sqlite://${folder.path}/${name}.db`,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      ...IDENTITY,
      METRICS: "open",
      RATE_LIMIT: "100/60s",
      ...urls,
    });
    urls[urlVariableOf(name)] = service.url;
    running.push(service);
    const headers = await caller("1");
    await fetch(`${service.url}/${name}/nobody`, { headers });
    await fetch(`${service.url}/${name}?user_id=1`, { headers });
  }
  metrics = await Promise.all(
    running.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()),
  );
  await Promise.all(running.map((service) => service.stop()));
  lines = running.flatMap((service) =>
    service
      .log()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  );
}, 60_000);
afterAll(async () => {
  await collector.stop();
  folder[Symbol.dispose]();
});

/** The first cells, in backquotes, of the table after this text. */
function firstCells(after: string): string[] {
  const table = page
    .slice(page.indexOf(after))
    .split("\n\n")
    .find((part) => part.startsWith("| "));
  return Array.from(table?.matchAll(/^\| `([^`]+)`/gm) ?? [], ([, cell = ""]) => cell);
}

/** All metrics as `name type`. */
function typesOf(text: string): string[] {
  return Array.from(text.matchAll(/^# TYPE (\w+) (\w+)$/gm), ([, name, type]) => `${name} ${type}`);
}

/** Whether there can be such a metric: without a service that calls another, there are none of calls. */
function isPossible(metric = ""): boolean {
  return CALLEES.length > 0 || !metric.startsWith("call_");
}

test("docs/operating.md lists every metric with its type and labels, and no other", () => {
  const row = /^\| `([a-z_]+)` +\| (\w+) +\| ([^|]*?) *\|/gm;
  const rows = page
    .matchAll(row)
    .filter(([, name]) => isPossible(name))
    .toArray();
  const listed = rows.map(([, name, type]) => `${name} ${type}`);
  const there = new Set(metrics.flatMap(typesOf));
  expect(listed.toSorted()).toEqual([...there].toSorted());

  const labels = new Map<string, Set<string>>();
  for (const series of metrics.flatMap((text) => [...samplesOf(text).keys()])) {
    const [, name = "", inBraces = ""] =
      /^(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})?$/.exec(series) ?? [];
    const names = Array.from(inBraces.matchAll(/(\w+)="/g), ([, label = ""]) => label);
    const known = labels.get(name) ?? new Set();
    for (const label of names) if (label !== "le") known.add(label);
    labels.set(name, known);
  }
  for (const [, name = "", , cell = ""] of rows) {
    const told = Array.from(cell.matchAll(/`(\w+)`/g), ([, label]) => label);
    expect([name, told]).toEqual([name, [...(labels.get(name) ?? [])]]);
  }
});

test("docs/operating.md lists every field of a request's log line, and no other", () => {
  const written = new Set(
    lines.filter(({ message }) => message === "request").flatMap((line) => Object.keys(line)),
  );
  const head = ["time", "level", "service", "message"];
  // Only a request that takes a second or longer has it.
  const listed = firstCells("The line of a request").filter((field) => field !== "slow");
  expect([...written].toSorted()).toEqual([...head, ...listed].toSorted());
});

test("The dashboard and the alerts query only metrics that the services write", () => {
  const there = new Set(metrics.flatMap((text) => typesOf(text).map((line) => line.split(" ")[0])));
  const queries = [JSON.stringify(dashboard), rules].join("\n");
  const asked = Array.from(
    queries.matchAll(/\b([a-z]+(?:_[a-z]+)+)(?=[{[])/g),
    ([, name = ""]) => name,
  );
  const missing = asked.filter(
    (name) =>
      isPossible(name) &&
      !there.has(name) &&
      !there.has(name.replace(/_(?:bucket|sum|count)$/, "")),
  );
  expect([...new Set(missing)]).toEqual([]);
});

testWithPromtool("promtool has no finding in the metrics", async () => {
  for (const text of metrics) expect(await promtool(["check", "metrics"], text)).toBe("");
});
