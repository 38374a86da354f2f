import { describe, expect, test } from "bun:test";

import { startCollector } from "../../../tests/support/collector.ts";
import { createOtlpExporter, type OtlpExporterOptions } from "./otlp-exporter.ts";

/** Exports no spans, and returns the error; undefined if the collector has accepted them. */
function exportTo(url: string, options: Partial<OtlpExporterOptions> = {}) {
  const exporter = createOtlpExporter({
    url,
    protocol: "http/protobuf",
    compression: "none",
    headers: {},
    timeoutMs: 5_000,
    retryMs: 1,
    ...options,
  });
  return new Promise<string | undefined>((resolve) => {
    exporter.export([], ({ error }) => resolve(error?.message));
  });
}

describe("A batch of spans", () => {
  test.each([429, 502, 503, 504])("is sent again after a %d", async (status) => {
    const collector = startCollector(() => {
      return new Response("{}", { status: collector.requests.length < 3 ? status : 200 });
    });
    expect(await exportTo(collector.url)).toBeUndefined();
    expect(collector.requests).toHaveLength(3);
    await collector.stop();
  });

  test.each([400, 401, 404, 500, 501, 301])("is not sent again after a %d", async (status) => {
    const headers = { location: "/elsewhere" };
    const collector = startCollector(() => new Response("{}", { status, headers }));
    expect(await exportTo(collector.url)).toBe(`The collector responded with ${status}`);
    expect(collector.requests).toHaveLength(1);
    await collector.stop();
  });

  test("is given up after five retries, or if Retry-After exceeds its time limit", async () => {
    for (const [seconds, requests] of [
      ["0", 6],
      ["6", 1],
    ] as const) {
      const headers = { "retry-after": seconds };
      const collector = startCollector(() => new Response("", { status: 503, headers }));
      expect(await exportTo(collector.url)).toBe("The collector responded with 503");
      expect(collector.requests).toHaveLength(requests);
      await collector.stop();
    }
  });

  test("is given up at its time limit if the collector does not respond", async () => {
    const collector = startCollector(() => new Promise(() => {}));
    const error = await exportTo(collector.url, { timeoutMs: 100 });
    expect(error).toBe("The collector cannot be reached: TimeoutError");
    await collector.stop();
  });

  test("is given up if nothing listens, without the URL in the error", async () => {
    const error = await exportTo("http://127.0.0.1:1", { timeoutMs: 100 });
    expect(error).toBe("The collector cannot be reached: ECONNREFUSED");
  });
});
