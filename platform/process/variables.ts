/** The variables that every service has, in the order of `--help`. */
import { type Static, type TObject } from "@sinclair/typebox";

import { basePathFaults } from "./base-path.ts";
import type { ServiceEntry } from "./family.ts";
import { canMatch } from "./host-names.ts";
import { identityFaults, keySetFaults, secretFaults } from "./identity-rules.ts";
import { parseNetworks } from "./ip-address.ts";
import { LEVELS, LOG_REQUESTS } from "./log.ts";
import { TRACES } from "./trace/variables.ts";
import { listIn, oneOf, text, whole } from "./variable.ts";

/** The default of `MAX_BODY_BYTES`. It is also the limit in the description of a 413. */
export const BODY_BYTES_DEFAULT = 65_536;

const HOST_NAME = "(?:(?:\\*\\.)?[\\w.-]+|\\[[0-9A-Fa-f:.]+\\])";

const TEN_MINUTES_MS = 600_000;
const DAY_MS = 86_400_000;
const MILLION = 1_000_000;

export const VARIABLES = {
  ALLOWED_HOSTS: text({
    description:
      "Host names to accept in the Host header, separated by commas; *.example.com is every name " +
      "below. If none: only those of this machine with AUTH=off on a loopback address, otherwise any",
    pattern: `^(?:${HOST_NAME}(?:,${HOST_NAME})*)?$`,
    examples: ["shop.example.com", "localhost,*.example.com"],
    faults: ({ config }) =>
      listIn(config["ALLOWED_HOSTS"]).every(canMatch)
        ? []
        : ["ALLOWED_HOSTS: expected names that a host can have, such as *.example.com"],
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
  IDLE_TIMEOUT_SECONDS: whole([0, 255], {
    description:
      "Time after which an idle connection is closed, or 0: never. A proxy must close it earlier",
    default: 75,
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

  // --- traces, with OpenTelemetry's names. As its specification says, an invalid value is ignored.
  // (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/)
  ...TRACES,
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
    BASE_PATH: text({
      description:
        "Path of the service behind a proxy, such as /shop/api: links start with it, and requests " +
        "are found with it and without",
      faults: ({ config }) => basePathFaults(String(config["BASE_PATH"]), name),
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
