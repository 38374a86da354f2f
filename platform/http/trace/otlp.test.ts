import { expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { startCollector } from "../../../tests/support/collector.ts";
import { readConfig } from "../../process/config.ts";
import { type Fields, type Log, silent } from "../../process/log.ts";
import type { TraceContext } from "../../process/trace/trace-context.ts";
import { destinationOf } from "../../process/trace/variables.ts";
import { VARIABLES } from "../../process/variables.ts";
import { createOtlpTracer } from "./otlp.ts";

const PARENT: TraceContext = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  sampled: true,
  state: "congo=t61rcWkgMzE",
};

function tracerTo(url: string, environment: Record<string, string> = {}, log: Log = silent) {
  const config = readConfig(Type.Object(VARIABLES), {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    ...environment,
  });
  const destination = destinationOf(config);
  if (!destination) throw new Error("The traces go nowhere");
  return createOtlpTracer({ config, destination, service: "test", log });
}

test.each([
  ["by default", {}, "application/x-protobuf"],
  ["as http/protobuf", { OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" }, "application/x-protobuf"],
  ["as http/json", { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json" }, "application/json"],
  ["compressed", { OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" }, "application/x-protobuf"],
])(
  "Spans are exported %s with their parents, names, attributes and outcomes",
  async (_how, environment, type) => {
    const collector = startCollector();
    const tracer = tracerTo(`${collector.url}/`, {
      ...environment,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20token,tenant=1",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test%2Cmore",
    });
    const server = tracer.start("GET", {
      kind: "server",
      parent: PARENT,
      attributes: { "url.path": "/makers/1" },
    });
    const client = tracer.start("GET", { kind: "client", parent: server.context });
    client.end({ error: "503", attributes: { "http.response.status_code": 503 } });
    server.end({ name: "GET /makers/:id" });
    await tracer.end(5_000);

    const [first, second] = collector.spans;
    expect(first).toMatchObject({
      name: "GET",
      kind: 3,
      traceId: PARENT.traceId,
      parentSpanId: server.context.spanId,
      attributes: { "error.type": "503", "http.response.status_code": 503 },
      status: { code: 2 },
    });
    expect(second).toMatchObject({
      name: "GET /makers/:id",
      kind: 2,
      traceId: PARENT.traceId,
      spanId: server.context.spanId,
      parentSpanId: PARENT.spanId,
      traceState: PARENT.state,
      attributes: { "url.path": "/makers/1" },
      service: "test",
    });
    expect(second?.status.code ?? 0).toBe(0);
    expect(server.context).toMatchObject({ sampled: true, state: PARENT.state });
    expect(collector.resources[0]).toMatchObject({
      "service.name": "test",
      "service.version": "dev",
      "deployment.environment.name": "test,more",
    });
    const [request] = collector.requests;
    expect(request?.path).toBe("/v1/traces");
    expect(request?.headers.get("content-type")).toBe(type);
    const zipped = "OTEL_EXPORTER_OTLP_COMPRESSION" in environment ? "gzip" : null;
    expect(request?.headers.get("content-encoding")).toBe(zipped);
    expect(request?.headers.get("authorization")).toBe("Bearer token");
    expect(request?.headers.get("tenant")).toBe("1");
    expect(tracer.counts).toEqual({ exported: 2, dropped: 0, refused: 0 });
    await collector.stop();
  },
);

test("A span without a parent starts a trace", async () => {
  const collector = startCollector();
  const tracer = tracerTo(collector.url, { OTEL_SERVICE_NAME: "another" });
  const spans = [1, 2].map(() => tracer.start("GET", { kind: "server" }));
  for (const span of spans) span.end();
  await tracer.end(5_000);
  const [first, second] = collector.spans;
  expect(first?.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(first?.parentSpanId ?? "").toBe("");
  expect(second?.traceId).not.toBe(first?.traceId ?? "");
  expect(first?.service).toBe("another");
  await collector.stop();
});

test.each([
  ["always_on", { sampled: 1, unsampled: 1, none: 1 }],
  ["always_off", { sampled: 0, unsampled: 0, none: 0 }],
  ["parentbased_always_on", { sampled: 1, unsampled: 0, none: 1 }],
  ["parentbased_always_off", { sampled: 1, unsampled: 0, none: 0 }],
  ["parentbased_traceidratio", { sampled: 1, unsampled: 0, none: 0 }],
  ["traceidratio", { sampled: 0, unsampled: 0, none: 0 }],
])("The sampler %s records %j", async (OTEL_TRACES_SAMPLER, recorded) => {
  const collector = startCollector();
  const environment = { OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG: "0" };
  const tracer = tracerTo(collector.url, environment);
  const parents = { sampled: PARENT, unsampled: { ...PARENT, sampled: false }, none: undefined };
  for (const [name, parent] of Object.entries(parents)) {
    const span = tracer.start(name, { kind: "server", parent });
    // The trace continues even if it is not recorded here.
    if (parent) expect(span.context.traceId).toBe(parent.traceId);
    expect(span.context.spanId).not.toBe(parent?.spanId ?? "");
    span.end();
  }
  await tracer.end(5_000);
  const names = collector.spans.map(({ name }) => name);
  const expected = Object.entries(recorded).filter(([, count]) => count === 1);
  expect(names).toEqual(expected.map(([name]) => name));
  await collector.stop();
});

test("The queue is bounded, and spans beyond the bound are dropped and counted", async () => {
  const answer = Promise.withResolvers<void>();
  const collector = startCollector(async () => {
    await answer.promise;
    return Response.json({});
  });
  const tracer = tracerTo(collector.url, {
    OTEL_BSP_MAX_QUEUE_SIZE: "10",
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "5",
  });
  // Five are being exported, ten wait in the queue.
  for (let n = 0; n < 20; n += 1) tracer.start("GET", { kind: "server" }).end();
  expect(tracer.counts).toEqual({ exported: 0, dropped: 5, refused: 0 });
  answer.resolve();
  await tracer.end(5_000);
  expect(tracer.counts).toEqual({ exported: 15, dropped: 5, refused: 0 });
  await collector.stop();
});

test("A collector that rejects spans is logged once, and its recovery once", async () => {
  const lines: [string, Fields | undefined][] = [];
  const log = {
    ...silent,
    warn: (message: string, fields?: Fields) => void lines.push([message, fields]),
    info: (message: string, fields?: Fields) => void lines.push([message, fields]),
  };
  let status = 400;
  const collector = startCollector(() => new Response("{}", { status, statusText }));
  const statusText = "No ".repeat(2_000);
  const environment = { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "1" };
  const tracer = tracerTo(collector.url, environment, log);
  const send = async (requests: number) => {
    tracer.start("GET", { kind: "server" }).end();
    await collector.until(() => collector.requests.length === requests);
    await settled(() => tracer.counts.exported + tracer.counts.refused === requests);
  };
  await send(1);
  await send(2);
  expect(lines).toEqual([["traces cannot be sent", { error: expect.any(Error) }]]);
  expect(Bun.inspect(lines).length).toBeLessThan(1_000);
  status = 200;
  await send(3);
  await send(4);
  expect(lines.slice(1)).toEqual([
    ["traces are sent again", { exported: 1, dropped: 0, refused: 2 }],
  ]);
  await tracer.end(5_000);
  await collector.stop();
});

test.each([
  ["down", "http://127.0.0.1:1"],
  ["unresponsive", undefined],
])("A collector that is %s does not delay the shutdown", async (_how, url) => {
  const collector = startCollector(() => new Promise(() => {}));
  const tracer = tracerTo(url ?? collector.url);
  tracer.start("GET", { kind: "server" }).end();
  // Without the limit, this waits for the ten seconds of OTEL_EXPORTER_OTLP_TIMEOUT, and the test
  // times out.
  await tracer.end(50);
  await collector.stop();
});

/** Waits until the condition holds. */
async function settled(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(1);
}
