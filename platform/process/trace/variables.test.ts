/** OpenTelemetry's variables, as its specification has them. */
import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { ignoredIn, readConfig } from "../config.ts";
import { destinationOf, pairsIn, TRACES, turnedOffBy } from "./variables.ts";

const SCHEMA = Type.Object(TRACES);
const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
const GENERAL = "http://collector:4318/v1/traces";

/** Where traces go, and what is said about variables that are ignored. */
function read(environment: Record<string, string>) {
  const config = readConfig(SCHEMA, environment);
  return {
    ...destinationOf(config),
    off: turnedOffBy(config),
    said: ignoredIn(SCHEMA, environment),
  };
}

test("Without an endpoint, traces go nowhere, unless an exporter is asked for by name", () => {
  expect(read({}).url).toBeUndefined();
  expect(read({ OTEL_SERVICE_NAME: "x", OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" }).url).toBe(
    undefined,
  );
  expect(read({ OTEL_TRACES_EXPORTER: "otlp" }).url).toBe("http://localhost:4318/v1/traces");
  expect(read({ OTEL_TRACES_EXPORTER: "" }).url).toBeUndefined();
});

test.each<[string, Record<string, string>, string]>([
  ["the general one, with a path", ENDPOINT, GENERAL],
  [
    "the general one with a slash",
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/" },
    GENERAL,
  ],
  [
    "below the path of the general one",
    { OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector/otlp" },
    "https://collector/otlp/v1/traces",
  ],
  [
    "the one for traces as it is",
    { ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://other:4318" },
    "http://other:4318",
  ],
  [
    "the one for traces alone, with its path, slash and query",
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://other/x/?key=1" },
    "http://other/x/?key=1",
  ],
])("Traces go to %s", (_what, environment, url) => {
  expect(read(environment)).toMatchObject({ url, said: [] });
});

test("What is set for traces comes before what is set for all signals, and replaces it", () => {
  const general = {
    ...ENDPOINT,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_HEADERS: "a=1,b=2",
    OTEL_EXPORTER_OTLP_TIMEOUT: "7",
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
  };
  expect(read(general)).toMatchObject({
    protocol: "http/json",
    headers: { a: "1", b: "2" },
    timeoutMs: 7,
    compression: "gzip",
  });
  const forTraces = {
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/protobuf",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "c=3",
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "9",
    OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "none",
  };
  expect(read({ ...general, ...forTraces })).toMatchObject({
    protocol: "http/protobuf",
    headers: { c: "3" },
    timeoutMs: 9,
    compression: "none",
  });
});

test.each([
  [{ OTEL_SDK_DISABLED: "true" }, "OTEL_SDK_DISABLED"],
  [{ OTEL_SDK_DISABLED: "TRUE" }, "OTEL_SDK_DISABLED"],
  [{ OTEL_TRACES_EXPORTER: "none" }, "OTEL_TRACES_EXPORTER"],
  [{ OTEL_TRACES_EXPORTER: "None" }, "OTEL_TRACES_EXPORTER"],
])("%j turns tracing off, without a warning", (environment, off) => {
  expect(read({ ...ENDPOINT, ...environment })).toEqual({ off, said: [] });
});

describe("An unknown or invalid value is ignored, with a warning that names it", () => {
  const words = "expected http/protobuf or http/json";
  test.each<[Record<string, string>, string, object]>([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, words, { protocol: "http/protobuf" }],
    [{ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc" }, words, { protocol: "http/protobuf" }],
    [{ OTEL_SDK_DISABLED: "1" }, "expected true or false", { url: GENERAL }],
    [{ OTEL_TRACES_EXPORTER: "zipkin" }, "expected otlp or none", { url: GENERAL }],
    [{ OTEL_TRACES_EXPORTER: "otlp,console" }, "expected otlp or none", { url: GENERAL }],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: "10s" }, "expected a whole number", { timeoutMs: 10_000 }],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: "-1" }, "expected a whole number", { timeoutMs: 10_000 }],
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: "zstd" }, "expected gzip or none", { compression: "none" }],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "secret" }, "expected text like", { headers: {} }],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "a=%0d%0ab" }, "expected text like", { headers: {} }],
    [
      { OTEL_EXPORTER_OTLP_HEADERS_FILE: "/nowhere" },
      "the file in OTEL_EXPORTER_OTLP_HEADERS_FILE cannot be read",
      { headers: {} },
    ],
    [{ OTEL_RESOURCE_ATTRIBUTES: "secret" }, "expected text like", {}],
    [{ OTEL_TRACES_SAMPLER: "jaeger_remote" }, "expected always_on", {}],
    [{ OTEL_TRACES_SAMPLER_ARG: "half" }, "expected text like 0.1", {}],
    [{ OTEL_BSP_MAX_QUEUE_SIZE: "0" }, "expected a whole number", {}],
    [{ OTEL_BSP_SCHEDULE_DELAY: "soon" }, "expected a whole number", {}],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "collector:4317" },
      "expected text like",
      { url: GENERAL },
    ],
  ])("%j", (environment, reason, destination) => {
    const [name = "", value = ""] = Object.entries(environment)[0] ?? [];
    const found = read({ ...ENDPOINT, ...environment });
    expect(found.said).toHaveLength(1);
    expect(found.said[0]).toStartWith(`${name.replace(/_FILE$/, "")} is ignored: ${reason}`);
    if (value.length > 2) expect(found.said[0]).not.toContain(value);
    expect(found).toMatchObject({ url: GENERAL, ...destination });
  });

  test("also of what is set for traces, in favour of what is set for all signals", () => {
    const environment = {
      ...ENDPOINT,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc",
    };
    expect(read(environment)).toMatchObject({ url: GENERAL, protocol: "http/json" });
  });

  test("and an invalid endpoint leaves tracing off", () => {
    const found = read({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://user:secret@collector:4318" });
    expect(found).toMatchObject({ off: undefined, said: [expect.stringContaining("ENDPOINT is")] });
    expect(found.url).toBeUndefined();
  });
});

test("Headers and attributes may have spaces and encoded characters", () => {
  const OTEL_EXPORTER_OTLP_HEADERS = "authorization=Bearer a b, tenant = x%2Cy%3D ,empty=, ";
  expect(read({ ...ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS })).toMatchObject({
    headers: { authorization: "Bearer a b", tenant: "x,y=", empty: "" },
    said: [],
  });
  expect(pairsIn("town=K%C3%B6ln,odd=%ff")).toEqual({ town: "Köln", odd: "%ff" });
  const attributes = { OTEL_RESOURCE_ATTRIBUTES: "town=K%C3%B6ln" };
  expect(read(attributes).said).toEqual([]);
});
