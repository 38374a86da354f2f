/**
 * The variables of traces, as OpenTelemetry specifies them: an invalid value is ignored, and words are
 * in either case. Those with TRACES in their name come before the general ones.
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/,
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/)
 */
import type { Static, TObject } from "@sinclair/typebox";

import { type Given, oneOf, text, type VariableOptions, whole } from "../variable.ts";

/** `name=value, name=value`; special characters are percent-encoded. A comma may end the list. */
const pairs = (encoded: string) => {
  const pair = ` *[^=,%\\s]+ *=(?:[^,%\\x00-\\x1f]|%${encoded})*`;
  return `^(?:${pair}(?:,${pair})*(?:, *)?)?$`;
};
/** Headers have no control characters. */
const HEADERS = pairs("(?:[2-6][0-9A-Fa-f]|7[0-9A-Ea-e])");
const ATTRIBUTES = pairs("[0-9A-Fa-f]{2}");

const TEN_MINUTES_MS = 600_000;
const MILLION = 1_000_000;

/** Of an exporter to a collector on this machine. */
const ENDPOINT_DEFAULT = "http://localhost:4318";
const ENDPOINTS = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

const lenient = { isLenient: true } as const;

/** Takes what is set for all signals, unless it is set for traces. */
const from = <Value>(name: string): Pick<VariableOptions<Value>, "description" | "defaultBy"> => ({
  description: `The same for traces alone. If it is not set: ${name}`,
  defaultBy: ({ config }) => config[name] as Value,
});

const protocol = { description: "Protocol of the collector", default: "http/protobuf" } as const;
const compression = { description: "Compression of what is sent", default: "none" } as const;
const headers = {
  description: "Headers for the collector, such as a token",
  pattern: HEADERS,
  examples: ["authorization=Bearer%20token,tenant=1"],
  isSecret: true,
  mayBeFile: true,
};
const timeout = {
  description: "Time limit for sending a batch, retries included, in milliseconds",
  default: 10_000,
};

export const TRACES = {
  OTEL_SDK_DISABLED: oneOf(["true", "false"], {
    ...lenient,
    description: "Whether tracing is off, whatever else is set",
    default: "false",
  }),
  OTEL_TRACES_EXPORTER: oneOf(["otlp", "none"], {
    ...lenient,
    description:
      "Where traces go: none, or otlp, which is the default with an endpoint; the endpoint is " +
      "http://localhost:4318 then, unless it is set",
    default: "none",
    defaultBy: ({ isSet }) => (ENDPOINTS.some(isSet) ? "otlp" : undefined),
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: text({
    ...lenient,
    description: "URL of the collector; traces go to /v1/traces below it",
    pattern: "^(?:https?://[^/?#@\\s]+(?:/[^?#\\s]*)?)?$",
    examples: ["http://localhost:4318"],
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: text({
    ...lenient,
    description: "URL to send traces to, as it is",
    pattern: "^(?:https?://[^/?#@\\s]+(?:[/?][^#\\s]*)?)?$",
    examples: ["http://localhost:4318/v1/traces"],
    defaultBy: endpointOf,
  }),
  OTEL_EXPORTER_OTLP_PROTOCOL: oneOf(["http/protobuf", "http/json"], { ...lenient, ...protocol }),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: oneOf(["http/protobuf", "http/json"], {
    ...lenient,
    ...protocol,
    ...from("OTEL_EXPORTER_OTLP_PROTOCOL"),
  }),
  OTEL_EXPORTER_OTLP_COMPRESSION: oneOf(["gzip", "none"], { ...lenient, ...compression }),
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: oneOf(["gzip", "none"], {
    ...lenient,
    ...compression,
    ...from("OTEL_EXPORTER_OTLP_COMPRESSION"),
  }),
  OTEL_EXPORTER_OTLP_HEADERS: text({ ...lenient, ...headers }),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: text({
    ...lenient,
    ...headers,
    ...from("OTEL_EXPORTER_OTLP_HEADERS"),
  }),
  OTEL_EXPORTER_OTLP_TIMEOUT: whole([1, TEN_MINUTES_MS], { ...lenient, ...timeout }),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: whole([1, TEN_MINUTES_MS], {
    ...lenient,
    ...timeout,
    ...from("OTEL_EXPORTER_OTLP_TIMEOUT"),
  }),
  OTEL_SERVICE_NAME: text({ description: "Name of the service in traces. If none: its own name" }),
  OTEL_RESOURCE_ATTRIBUTES: text({
    ...lenient,
    description: "Further attributes of the service in traces",
    pattern: ATTRIBUTES,
    examples: ["deployment.environment.name=production"],
  }),
  OTEL_TRACES_SAMPLER: oneOf(
    [
      "always_on",
      "always_off",
      "traceidratio",
      "parentbased_always_on",
      "parentbased_always_off",
      "parentbased_traceidratio",
    ],
    { ...lenient, description: "Which traces to record", default: "parentbased_always_on" },
  ),
  OTEL_TRACES_SAMPLER_ARG: text({
    ...lenient,
    description: "Ratio of traces to record, for the traceidratio samplers",
    pattern: "^(?:0|1|0?\\.\\d{1,15}|1\\.0{1,15})$",
    examples: ["0.1"],
    default: "1",
  }),
  OTEL_BSP_SCHEDULE_DELAY: whole([1, TEN_MINUTES_MS], {
    ...lenient,
    description: "Longest time that a span waits to be sent, in milliseconds",
    default: 5_000,
  }),
  OTEL_BSP_EXPORT_TIMEOUT: whole([1, TEN_MINUTES_MS], {
    ...lenient,
    description: "Time after which a batch counts as lost, in milliseconds",
    default: 30_000,
  }),
  OTEL_BSP_MAX_QUEUE_SIZE: whole([1, MILLION], {
    ...lenient,
    description: "Maximum number of waiting spans; further ones are dropped and counted",
    default: 2_048,
  }),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: whole([1, MILLION], {
    ...lenient,
    description: "Maximum number of spans in a batch",
    default: 512,
  }),
};

function endpointOf({ config }: Given): string | undefined {
  const general = config["OTEL_EXPORTER_OTLP_ENDPOINT"] as string;
  const base = general || (config["OTEL_TRACES_EXPORTER"] === "otlp" ? ENDPOINT_DEFAULT : "");
  return base ? `${base.replace(/\/$/, "")}/v1/traces` : undefined;
}

export interface Destination {
  url: string;
  protocol: "http/protobuf" | "http/json";
  compression: "gzip" | "none";
  headers: Record<string, string>;
  timeoutMs: number;
}

type Values = Static<TObject<typeof TRACES>>;

/** Returns where traces go; undefined if nowhere. */
export function destinationOf(config: Values): Destination | undefined {
  const url = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  if (url === "" || turnedOffBy(config)) return undefined;
  return {
    url,
    protocol: config.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
    compression: config.OTEL_EXPORTER_OTLP_TRACES_COMPRESSION,
    headers: pairsIn(config.OTEL_EXPORTER_OTLP_TRACES_HEADERS),
    timeoutMs: config.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT,
  };
}

/** Returns the variable that turns tracing off although there is an endpoint. */
export function turnedOffBy(config: Values): string | undefined {
  if (config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT === "") return undefined;
  if (config.OTEL_SDK_DISABLED === "true") return "OTEL_SDK_DISABLED";
  return config.OTEL_TRACES_EXPORTER === "none" ? "OTEL_TRACES_EXPORTER" : undefined;
}

/**
 * Parses `name=value,name=value`, percent-encoded, as the standard defines headers and attributes.
 * What is no UTF-8 stays encoded.
 */
export function pairsIn(text: string): Record<string, string> {
  const pairs = text.split(",").filter((pair) => pair.includes("="));
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = "", ...rest] = pair.split("=");
      const value = rest.join("=").trim();
      return [name.trim(), decoded(value)];
    }),
  );
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
