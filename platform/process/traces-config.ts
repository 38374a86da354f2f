/** The variables of tracing, with OpenTelemetry's names. */
import { type Static, Type } from "@sinclair/typebox";

/** `name=value,name=value`; special characters are percent-encoded. */
const PAIR = "[^=,%\\s]+=(?:[^,%\\s]|%[0-7][0-9A-Fa-f])*";
const PAIRS = `^(?:${PAIR}(?:,${PAIR})*)?$`;

/** https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
export const TracesVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.String({
    description: "URL of the collector to send traces to. If none: tracing is off",
    pattern: "^(?:https?://[^/?#@\\s]+(?:/[^?#\\s]*)?)?$",
    examples: ["http://localhost:4318"],
    default: "",
  }),
  OTEL_EXPORTER_OTLP_PROTOCOL: Type.Literal("http/json", {
    description: "Protocol of the collector; only http/json is supported",
    default: "http/json",
  }),
  OTEL_EXPORTER_OTLP_HEADERS: Type.String({
    description: "Headers for the collector, such as a token",
    pattern: PAIRS,
    examples: ["authorization=Bearer%20token,tenant=1"],
    default: "",
    isSecret: true,
    mayBeFile: true,
  }),
  OTEL_EXPORTER_OTLP_TIMEOUT: Type.Integer({
    description: "Time limit for sending a batch, retries included, in milliseconds",
    minimum: 1,
    maximum: 600_000,
    default: 10_000,
  }),
  OTEL_SERVICE_NAME: Type.String({
    description: "Name of the service in traces. If none: its own name",
    default: "",
  }),
  OTEL_RESOURCE_ATTRIBUTES: Type.String({
    description: "Further attributes of the service in traces",
    pattern: PAIRS,
    examples: ["deployment.environment.name=production"],
    default: "",
  }),
  OTEL_TRACES_SAMPLER: Type.Union(
    [
      Type.Literal("always_on"),
      Type.Literal("always_off"),
      Type.Literal("traceidratio"),
      Type.Literal("parentbased_always_on"),
      Type.Literal("parentbased_always_off"),
      Type.Literal("parentbased_traceidratio"),
    ],
    { description: "Which traces to record", default: "parentbased_always_on" },
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.String({
    description: "Ratio of traces to record, for the traceidratio samplers",
    pattern: "^(?:0|1|0?\\.\\d{1,15}|1\\.0{1,15})$",
    examples: ["0.1"],
    default: "1",
  }),
  OTEL_BSP_SCHEDULE_DELAY: Type.Integer({
    description: "Longest time that a span waits to be sent, in milliseconds",
    minimum: 1,
    maximum: 600_000,
    default: 5_000,
  }),
  OTEL_BSP_EXPORT_TIMEOUT: Type.Integer({
    description: "Time after which a batch counts as lost, in milliseconds",
    minimum: 1,
    maximum: 600_000,
    default: 30_000,
  }),
  OTEL_BSP_MAX_QUEUE_SIZE: Type.Integer({
    description: "Maximum number of waiting spans; further ones are dropped and counted",
    minimum: 1,
    maximum: 1_000_000,
    default: 2_048,
  }),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: Type.Integer({
    description: "Maximum number of spans in a batch",
    minimum: 1,
    maximum: 1_000_000,
    default: 512,
  }),
};

const TracesConfig = Type.Object(TracesVariables);
export type TracesConfig = Static<typeof TracesConfig>;
