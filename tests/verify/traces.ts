/** Traces of the executables and services, as a collector receives them. */
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { type ServiceName, serviceNamed, SERVICES, urlVariableOf } from "../../services.ts";
import { json } from "../support/ask.ts";
import { startCollector } from "../support/collector.ts";
import { exchange, statuses } from "../support/connection.ts";
import { executable } from "../support/executables.ts";
import { ALL, bodyOf, CHANGE, FIRST, LIST, METHODS, NONE, ROUTE, TABLE } from "../support/first.ts";
import { ROOT } from "../support/folders.ts";
import { type Running, startService } from "../support/processes.ts";
import { creationOf, newBody, type Resource, resourcesOf } from "../support/resources.ts";
import { NAMES } from "../support/services.ts";
import { startTraced } from "../support/traced.ts";

setDefaultTimeout(120_000);

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
/** 2 is both the kind of a server span and the status code of an error. */
const [SERVER, ERROR] = [2, 2];

/** The statement of each way to change one or to read it. */
const STATEMENTS: Record<string, string> = { GET: "SELECT", PATCH: "UPDATE", DELETE: "DELETE" };

// A build takes longer than a test may.
beforeAll(async () => void (await executable(FIRST)));

test("A request creates a span in its trace with the attributes of the semantic conventions", async () => {
  const collector = startCollector();
  const running = await startTraced(collector.url);
  await fetch(`${running.url}${NONE}`, {
    headers: { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: "congo=t61rcWkgMzE" },
  });
  await fetch(`${running.url}/nowhere`, { method: "PROPFIND" });
  expect(await running.stop()).toBe(0);
  const [first, second] = collector.spans.filter(({ kind }) => kind === SERVER);
  const { port } = new URL(running.url);
  expect(first).toMatchObject({
    service: FIRST,
    name: `GET ${ROUTE}`,
    traceId: TRACE,
    parentSpanId: PARENT,
    traceState: "congo=t61rcWkgMzE",
    attributes: {
      "http.request.method": "GET",
      "http.route": ROUTE,
      "http.response.status_code": 404,
      "url.path": NONE,
      "url.scheme": "http",
      "server.address": "localhost",
      "server.port": Number(port),
    },
  });
  // A client's error is not an error of the server.
  expect(first?.status.code ?? 0).toBe(0);
  expect(second).toMatchObject({
    name: "other other",
    attributes: {
      "http.request.method": "_OTHER",
      "http.request.method_original": "PROPFIND",
      "http.response.status_code": 404,
    },
  });
  expect(running.log()).toContain(`"trace_id":"${TRACE}"`);
  await collector.stop();
});

test("One trace has the spans of each service that a request reaches, with their parents", async () => {
  const collector = startCollector();
  const running = {} as Record<ServiceName, Running>;
  for (const { name, calls } of SERVICES) {
    running[name] = await startService(name, {
      DATABASE_URL: "sqlite://:memory:",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      ...Object.fromEntries(calls.map((callee) => [urlVariableOf(callee), running[callee].url])),
    });
  }
  const traces = new Map<string, Resource>();
  for (const resource of await resourcesOf()) {
    const trace = Bun.randomUUIDv7("hex").replaceAll("-", "");
    traces.set(trace, resource);
    const headers = { traceparent: `00-${trace}-${PARENT}-01` };
    const url = `${running[resource.service].url}${creationOf(resource).path}`;
    await fetch(url, json("POST", newBody(resource, 1, "1"), headers));
  }
  for (const name of NAMES.toReversed()) expect(await running[name].stop()).toBe(0);
  await collector.stop();

  for (const [trace, { service, table }] of traces) {
    const spans = collector.spans.filter(({ traceId }) => traceId === trace);
    const [root, ...others] = spans.filter(({ parentSpanId }) => parentSpanId === PARENT);
    expect(others).toEqual([]);
    expect(root).toMatchObject({ service, name: `POST /${table.name}`, kind: SERVER });
    const known = new Set([PARENT, ...spans.map(({ spanId }) => spanId)]);
    expect(spans.filter(({ parentSpanId = "" }) => !known.has(parentSpanId))).toEqual([]);
    const reached = new Set(spans.filter(({ kind }) => kind === SERVER).map((one) => one.service));
    expect([...reached].toSorted()).toEqual([service, ...serviceNamed(service).calls].toSorted());
    expect(spans.some(({ attributes }) => attributes["db.system.name"] === "sqlite")).toBe(true);
  }
});

test("Probes and scrapes have no span, and every span lies within its parent and has a name", async () => {
  const collector = startCollector();
  const running = await startTraced(collector.url);
  for (let round = 0; round < 20; round += 1) {
    for (const path of ["/health/live", "/health/ready", "/metrics"]) {
      const headers = { traceparent: `00-${TRACE}-${PARENT}-01` };
      await (await fetch(`${running.url}${path}`, { headers })).text();
    }
    const created = await fetch(`${running.url}${ALL}`, json("POST", bodyOf(round)));
    const one = `${running.url}${created.headers.get("location")}`;
    for (const method of METHODS) {
      const change = method === "PATCH" ? json(method, CHANGE) : { method };
      expect((await fetch(one, change)).ok).toBe(true);
    }
  }
  expect(await running.stop()).toBe(0);
  await collector.stop();
  const statements = METHODS.map((method) => `${STATEMENTS[method]} ${TABLE}`);
  expect(new Set(collector.spans.map(({ name }) => name))).toEqual(
    new Set([
      `POST ${ALL}`,
      `INSERT ${TABLE}`,
      ...METHODS.map((method) => `${method} ${ROUTE}`),
      ...statements,
    ]),
  );
  const byId = new Map(collector.spans.map((span) => [span.spanId, span]));
  let children = 0;
  let parts = 0;
  for (const span of collector.spans) {
    const parent = byId.get(span.parentSpanId ?? "");
    const [start, end] = [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)];
    if (start % 1_000_000n !== 0n) parts += 1;
    expect(start <= end).toBe(true);
    if (!parent) continue;
    children += 1;
    expect(start >= BigInt(parent.startTimeUnixNano)).toBe(true);
    expect(end <= BigInt(parent.endTimeUnixNano)).toBe(true);
  }
  expect(children).toBeGreaterThanOrEqual(60);
  // Proves that times have parts of a millisecond.
  expect(parts).toBeGreaterThan(60);
});

test("A malformed or hostile traceparent starts a new trace and breaks nothing", async () => {
  const collector = startCollector();
  const running = await startTraced(collector.url);
  const hostile = [
    "",
    "00",
    `ff-${TRACE}-${PARENT}-01`,
    `00-${"0".repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-and-more`,
    `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
    `00-${"../../".repeat(10)}aa-${PARENT}-01`,
    `'; DROP TABLE things; --`,
    "0".repeat(8_000),
  ];
  for (const traceparent of hostile) {
    const headers = { traceparent, tracestate: `a=${"x".repeat(4_000)},${"b=1,".repeat(500)}` };
    expect((await fetch(`${running.url}${LIST}`, { headers })).status).toBe(200);
  }
  expect(await running.stop()).toBe(0);
  const spans = collector.spans.filter(({ kind }) => kind === SERVER);
  expect(spans).toHaveLength(hostile.length);
  for (const { traceId, parentSpanId, traceState } of spans) {
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(traceId).not.toBe(TRACE);
    expect([parentSpanId ?? "", traceState ?? ""]).toEqual(["", ""]);
  }
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(hostile.length);
  await collector.stop();
});

test("A hostile tracestate is dropped, and its trace continues", async () => {
  const collector = startCollector();
  const running = await startTraced(collector.url);
  const hostile = [
    "no list at all",
    "=",
    `a=${"x".repeat(4_000)}`,
    "b=1,".repeat(500),
    "a=1,a=2",
    "A=<script>",
    "a=1, b=\u00ff",
  ];
  for (const tracestate of hostile) {
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate };
    expect((await fetch(`${running.url}${LIST}`, { headers })).status).toBe(200);
  }
  expect(await running.stop()).toBe(0);
  const spans = collector.spans.filter(({ kind }) => kind === SERVER);
  expect(spans).toHaveLength(hostile.length);
  for (const { traceId, parentSpanId, traceState } of spans) {
    expect([traceId, parentSpanId, traceState ?? ""]).toEqual([TRACE, PARENT, ""]);
  }
  await collector.stop();
});

test("A request with an invalid Host is rejected, and none stays in flight", async () => {
  const collector = startCollector();
  const running = await startTraced(collector.url);
  const port = Number(new URL(running.url).port);
  const hosts = ["a b", "a, b", "[", "a:b:c", "%", "\\", "x".repeat(4_000), ""];
  for (const host of hosts) {
    const head = `GET ${LIST} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    const [status = 0] = statuses(await exchange({ port }, head));
    expect([host, Math.floor(status / 100)]).toEqual([host, 4]);
  }
  const metrics = await (await fetch(`${running.url}/metrics`)).text();
  expect(metrics).toContain("\nhttp_requests_in_flight 1\n");
  expect(await running.stop()).toBe(0);
  await collector.stop();
});

test("The last spans before a crash are sent", async () => {
  const collector = startCollector();
  const service = join(ROOT, "tests/support/crashing-service.ts");
  const running = await startTraced(collector.url, {}, [process.execPath, service]);
  await fetch(running.url);
  expect(await running.process.exited).toBe(1);
  expect(collector.spans).toMatchObject([{ name: "before the crash", status: { code: ERROR } }]);
  await collector.stop();
});

test("A collector that is down or rejects spans fails no request and does not affect the exit", async () => {
  const refusing = startCollector(() => new Response("{}", { status: 400 }));
  for (const [url, told] of [
    ["http://127.0.0.1:1", "traces were not sent"],
    [refusing.url, "traces cannot be sent"],
  ] as const) {
    const running = await startTraced(url);
    for (let request = 0; request < 20; request += 1) {
      expect((await fetch(`${running.url}${LIST}`)).status).toBe(200);
    }
    expect(await running.stop()).toBe(0);
    expect(running.log()).toContain(`"message":"${told}"`);
  }
  await refusing.stop();
});
