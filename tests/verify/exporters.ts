/** Where traces go, by the variables of OpenTelemetry. */
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { startCollector } from "../support/collector.ts";
import { command, executable } from "../support/executables.ts";
import { FIRST, LIST, NONE } from "../support/first.ts";
import { temporaryFolder } from "../support/folders.ts";
import { startService } from "../support/processes.ts";
import { startTraced } from "../support/traced.ts";

setDefaultTimeout(120_000);

let program = "";
beforeAll(async () => {
  program = await executable(FIRST);
});

test("An unsupported OTLP protocol is named and ignored, and a line says where traces go", async () => {
  const collector = startCollector();
  const running = await startTraced(collector.url, {
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    OTEL_TRACES_SAMPLER: "xray",
  });
  expect((await fetch(`${running.url}${NONE}`)).status).toBe(404);
  expect(await running.stop()).toBe(0);
  expect(collector.requests[0]?.headers.get("content-type")).toBe("application/x-protobuf");
  const said = running.log();
  expect(said.match(/"message":"traces go .*?"/g)).toEqual([
    `"message":"traces go to ${collector.url}/v1/traces as http/protobuf"`,
  ]);
  expect(said).toContain(
    `"level":"warn","service":"${FIRST}","message":"OTEL_EXPORTER_OTLP_PROTOCOL is ignored: expected http/protobuf or http/json"`,
  );
  expect(said).toContain('"OTEL_TRACES_SAMPLER is ignored: expected always_on, ');
  await collector.stop();
});

test("No command ends because of OpenTelemetry's variables, and each names those that it ignores", async () => {
  using folder = temporaryFolder();
  const environment = {
    DATABASE_URL: `sqlite://${folder.path}/${FIRST}.db`,
    OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317",
    OTEL_BSP_MAX_QUEUE_SIZE: "-1",
  };
  for (const word of ["migrate", "seed", "openapi"]) {
    const { exitCode, stderr } = await command([program, word], { environment });
    expect([word, exitCode]).toEqual([word, 0]);
    expect(stderr).toContain(
      `${FIRST}: OTEL_EXPORTER_OTLP_ENDPOINT is ignored: expected text like`,
    );
    expect(stderr).toContain(
      `${FIRST}: OTEL_BSP_MAX_QUEUE_SIZE is ignored: expected a whole number`,
    );
  }
});

test.each(["OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"])(
  "With %s, nothing goes to the collector, and a line says so",
  async (variable) => {
    const collector = startCollector();
    const value = variable === "OTEL_SDK_DISABLED" ? "true" : "none";
    const running = await startTraced(collector.url, { [variable]: value });
    expect((await fetch(`${running.url}${LIST}`)).status).toBe(200);
    expect(await running.stop()).toBe(0);
    expect(collector.requests).toEqual([]);
    expect(running.log()).toContain(`"traces go nowhere: ${variable} turns them off"`);
    await collector.stop();
  },
);

test("A service without a collector has no trace metrics and logs no trace ids", async () => {
  const running = await startService(FIRST, { DATABASE_URL: "sqlite://:memory:" }, [program]);
  const headers = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
  await fetch(`${running.url}${LIST}`, { headers });
  const metrics = await (await fetch(`${running.url}/metrics`)).text();
  expect(await running.stop()).toBe(0);
  expect(metrics).not.toContain("trace_spans_total");
  expect(running.log()).not.toContain("trace_id");
});
