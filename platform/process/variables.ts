/** The variables that every service has, in the order of `--help`. */
import { type Static, type TObject } from "@sinclair/typebox";

import type { ServiceEntry } from "./family.ts";
import { identityFaults, keySetFaults, secretFaults } from "./identity-rules.ts";
import { parseNetworks } from "./ip-address.ts";
import { LEVELS, LOG_REQUESTS } from "./log.ts";
import { listIn, oneOf, text, whole } from "./variable.ts";

/** The default of `MAX_BODY_BYTES`. It is also the limit in the description of a 413. */
export const BODY_BYTES_DEFAULT = 65_536;

const HOST_NAME = "(?:[\\w.-]+|\\[[0-9A-Fa-f:.]+\\])";

/** `name=value,name=value`; special characters are percent-encoded. */
const PAIR = "[^=,%\\s]+=(?:[^,%\\s]|%[0-7][0-9A-Fa-f])*";
const PAIRS = `^(?:${PAIR}(?:,${PAIR})*)?$`;

const TEN_MINUTES_MS = 600_000;
const DAY_MS = 86_400_000;
const MILLION = 1_000_000;

export const VARIABLES = {
  ALLOWED_HOSTS: text({
    description:
      "Host names to accept in the Host header, separated by commas. If none: only those of this " +
      "machine with AUTH=off on a loopback address, otherwise any",
    pattern: `^(?:${HOST_NAME}(?:,${HOST_NAME})*)?$`,
    examples: ["localhost,shop.example.com"],
  }),

  // --- who calls
  AUTH: oneOf(["on", "off"], {
    description:
      "Whether callers need a token: on or off. Required unless HOST is a loopback address",
    default: "off",
    faults: identityFaults,
  }),
  AUTH_SECRET: text({
    description:
      "Secret that signs and verifies tokens (HS256), at least 32 bytes; NEW,OLD to rotate it",
    isSecret: true,
    mayBeFile: true,
    faults: secretFaults,
  }),
  AUTH_JWKS_URL: text({
    description: "Instead of a secret: URL of the public keys of the issuer",
    pattern: "^(?:https?://.+)?$",
    examples: ["https://issuer.example.com/.well-known/jwks.json"],
    faults: keySetFaults,
  }),
  AUTH_JWKS_STALE_MS: whole([0, DAY_MS], {
    description:
      "Age of the oldest keys to use while the issuer is away; those of the last 5 minutes always are",
    default: 3_600_000,
  }),
  AUTH_ISSUER: text({
    description: "Issuer of the tokens: must equal their `iss`",
    pattern: "^[\\x21-\\x7e]*$",
    examples: ["https://issuer.example.com/"],
  }),
  AUTH_AUDIENCE: text({
    description: "Audience of the tokens: must equal their `aud`; the same for all services",
    pattern: "^[\\x21-\\x7e]*$",
    examples: ["https://shop.example.com"],
  }),

  // --- limits, and who may see what
  CORS_ORIGIN: text({
    description: "Origins whose pages may send requests, separated by commas",
    pattern: "^[^\\s*]*$",
    examples: ["https://app.example.com,http://localhost:3000"],
    faults: ({ config }) =>
      listIn(config["CORS_ORIGIN"]).every(isOrigin)
        ? []
        : ["CORS_ORIGIN: expected origins without a path, such as https://app.example.com"],
  }),
  DOCS: oneOf(["on", "off"], {
    description: "Whether to serve Swagger UI and the OpenAPI document: on or off",
    default: "on",
  }),
  MAX_CONNECTIONS: text({
    description: "Maximum number of connections, or auto: as many as memory and `ulimit -n` allow",
    default: "auto",
    pattern: "^(?:auto|[1-9]\\d{0,6})$",
    examples: ["auto", "2000"],
  }),
  MAX_IN_FLIGHT: whole([1, 100_000], {
    description: "Maximum number of concurrent requests; further ones get a 503",
    default: 512,
  }),
  METRICS: oneOf(["open", "admin"], {
    description: "Who may read /metrics: open or admin. With AUTH=on, the default is admin",
    default: "open",
    defaultBy: ({ config }) => (config["AUTH"] === "on" ? "admin" : undefined),
    faults: ({ config }) =>
      config["METRICS"] === "admin" && config["AUTH"] === "off"
        ? ["METRICS: admin needs AUTH=on"]
        : [],
  }),
  METRICS_TOKEN_FILE: text({
    description:
      "File with a token of 32 bytes or more that may read /metrics and nothing else, read again when it changes",
    faults: ({ config, isSet }) => {
      if (!isSet("METRICS_TOKEN_FILE")) return [];
      const isOpen = config["AUTH"] === "off" || (isSet("METRICS") && config["METRICS"] === "open");
      return isOpen
        ? ["METRICS_TOKEN_FILE: needs METRICS=admin, because anyone may read them"]
        : [];
    },
  }),
  RATE_LIMIT: text({
    description: "Maximum number of requests of one caller on each replica, such as 100/60s",
    default: "off",
    pattern: "^(?:off|[1-9]\\d{0,8}/[1-9]\\d{0,4}s)$",
    examples: ["100/60s", "off"],
  }),
  TRUSTED_PROXIES: text({
    description: "Addresses and networks whose X-Forwarded-For is trusted, separated by commas",
    pattern: "^[0-9A-Fa-f:.,/]*$",
    examples: ["10.0.0.0/8,fd00::/8"],
    faults: ({ config: { TRUSTED_PROXIES } }) =>
      TRUSTED_PROXIES && !parseNetworks(listIn(TRUSTED_PROXIES))
        ? ["TRUSTED_PROXIES: expected addresses or networks such as 10.0.0.0/8"]
        : [],
  }),

  // --- the process
  HOST: text({
    description: "Address to listen on. If AUTH is set, the default is 0.0.0.0",
    minLength: 1,
    default: "127.0.0.1",
    defaultBy: ({ isSet }) => (isSet("AUTH") ? "0.0.0.0" : undefined),
  }),
  LOG_FORMAT: oneOf(["json", "pretty"], {
    description: "json (one object per line) or pretty (for people)",
    default: "json",
  }),
  LOG_LEVEL: oneOf(LEVELS, {
    description: "Lowest level to log: debug, info, warn or error",
    default: "info",
  }),
  LOG_REQUESTS: oneOf(LOG_REQUESTS, {
    description: "Which requests to log, at level info: all, failed (failed and slow ones) or off",
    default: "all",
  }),
  MAX_BODY_BYTES: whole([1, 100 * MILLION], {
    description: "Largest accepted request body, in bytes",
    default: BODY_BYTES_DEFAULT,
  }),
  SHUTDOWN_GRACE_MS: whole([0, TEN_MINUTES_MS], {
    description: "How long to keep accepting requests after SIGTERM, while not ready",
    default: 0,
  }),
  SHUTDOWN_TIMEOUT_MS: whole([0, TEN_MINUTES_MS], {
    description: "How long requests in flight may then take to finish",
    default: 10_000,
  }),

  // --- traces, with OpenTelemetry's names
  // (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/)
  OTEL_EXPORTER_OTLP_ENDPOINT: text({
    description: "URL of the collector to send traces to. If none: tracing is off",
    pattern: "^(?:https?://[^/?#@\\s]+(?:/[^?#\\s]*)?)?$",
    examples: ["http://localhost:4318"],
  }),
  OTEL_EXPORTER_OTLP_PROTOCOL: oneOf(["http/json"], {
    description: "Protocol of the collector; only http/json is supported",
    default: "http/json",
  }),
  OTEL_EXPORTER_OTLP_HEADERS: text({
    description: "Headers for the collector, such as a token",
    pattern: PAIRS,
    examples: ["authorization=Bearer%20token,tenant=1"],
    isSecret: true,
    mayBeFile: true,
  }),
  OTEL_EXPORTER_OTLP_TIMEOUT: whole([1, TEN_MINUTES_MS], {
    description: "Time limit for sending a batch, retries included, in milliseconds",
    default: 10_000,
  }),
  OTEL_SERVICE_NAME: text({ description: "Name of the service in traces. If none: its own name" }),
  OTEL_RESOURCE_ATTRIBUTES: text({
    description: "Further attributes of the service in traces",
    pattern: PAIRS,
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
    { description: "Which traces to record", default: "parentbased_always_on" },
  ),
  OTEL_TRACES_SAMPLER_ARG: text({
    description: "Ratio of traces to record, for the traceidratio samplers",
    pattern: "^(?:0|1|0?\\.\\d{1,15}|1\\.0{1,15})$",
    examples: ["0.1"],
    default: "1",
  }),
  OTEL_BSP_SCHEDULE_DELAY: whole([1, TEN_MINUTES_MS], {
    description: "Longest time that a span waits to be sent, in milliseconds",
    default: 5_000,
  }),
  OTEL_BSP_EXPORT_TIMEOUT: whole([1, TEN_MINUTES_MS], {
    description: "Time after which a batch counts as lost, in milliseconds",
    default: 30_000,
  }),
  OTEL_BSP_MAX_QUEUE_SIZE: whole([1, MILLION], {
    description: "Maximum number of waiting spans; further ones are dropped and counted",
    default: 2_048,
  }),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: whole([1, MILLION], {
    description: "Maximum number of spans in a batch",
    default: 512,
  }),
};

/** Returns these variables and those whose defaults depend on the service. */
export function variablesOf({ name, port }: ServiceEntry) {
  const databaseUrl = `sqlite://data/${name}.db`;
  return {
    ...VARIABLES,
    PORT: whole([0, 65_535], {
      description: "Port to listen on; 0 picks a free one",
      default: port,
    }),
    DATABASE_URL: text({
      description:
        "sqlite://path, sqlite://:memory: or postgres://user:password@host/name, with options such as " +
        "?pool_max=8&sslmode=verify-full&sslrootcert=file: see docs/postgres.md",
      pattern: "^(?:sqlite://.+|postgres(?:ql)?://.+)$",
      examples: [databaseUrl, "postgres://user:password@host/name"],
      default: databaseUrl,
      mayBeFile: true,
    }),
  };
}

/** The values of these variables. */
export type CommonValues = Static<TObject<typeof VARIABLES>>;

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text;
}
