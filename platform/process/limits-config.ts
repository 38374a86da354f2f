/** The variables of limits, CORS, and access to the documentation and the metrics. */
import { Type } from "@sinclair/typebox";

import { parseNetworks } from "./ip-address.ts";

export const LimitsConfig = {
  CORS_ORIGIN: Type.String({
    description: "Origins whose pages may send requests, separated by commas",
    default: "",
    pattern: "^[^\\s*]*$",
    examples: ["https://app.example.com,http://localhost:3000"],
  }),
  DOCS: Type.Union([Type.Literal("on"), Type.Literal("off")], {
    description: "Whether to serve Swagger UI and the OpenAPI document: on or off",
    default: "on",
  }),
  MAX_CONNECTIONS: Type.String({
    description: "Maximum number of connections, or auto: as many as memory and `ulimit -n` allow",
    default: "auto",
    pattern: "^(?:auto|[1-9]\\d{0,6})$",
    examples: ["auto", "2000"],
  }),
  MAX_IN_FLIGHT: Type.Integer({
    description: "Maximum number of concurrent requests; further ones get a 503",
    minimum: 1,
    maximum: 100_000,
    default: 512,
  }),
  METRICS: Type.Union([Type.Literal("open"), Type.Literal("admin")], {
    description: "Who may read /metrics: open or admin. With AUTH=on, the default is admin",
    default: "open",
  }),
  RATE_LIMIT: Type.String({
    description: "Maximum number of requests of one caller on each replica, such as 100/60s",
    default: "off",
    pattern: "^(?:off|[1-9]\\d{0,8}/[1-9]\\d{0,4}s)$",
    examples: ["100/60s", "off"],
  }),
  TRUSTED_PROXIES: Type.String({
    description: "Addresses and networks whose X-Forwarded-For is trusted, separated by commas",
    default: "",
    pattern: "^[0-9A-Fa-f:.,/]*$",
    examples: ["10.0.0.0/8,fd00::/8"],
  }),
};

export type LimitsValues = Partial<Record<keyof typeof LimitsConfig | "AUTH", unknown>>;

/** Returns the faults that no pattern detects, each as `NAME: what to do`. None shows a value. */
export function limitsFaults({
  AUTH,
  CORS_ORIGIN,
  METRICS,
  TRUSTED_PROXIES,
}: LimitsValues): string[] {
  const faults: string[] = [];
  if (!listIn(CORS_ORIGIN).every(isOrigin)) {
    faults.push("CORS_ORIGIN: expected origins without a path, such as https://app.example.com");
  }
  if (TRUSTED_PROXIES && !parseNetworks(listIn(TRUSTED_PROXIES))) {
    faults.push("TRUSTED_PROXIES: expected addresses or networks such as 10.0.0.0/8");
  }
  if (METRICS === "admin" && AUTH === "off") faults.push("METRICS: admin needs AUTH=on");
  return faults;
}

/** Splits a text at commas; an empty one has no parts. */
export function listIn(text: unknown): string[] {
  return typeof text === "string" && text !== "" ? text.split(",") : [];
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text;
}
