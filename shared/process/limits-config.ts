/** The variables of how much, from where, and what is shown to whom. */
import { Type } from "@sinclair/typebox";

import { parseNetworks } from "./ip-address.ts";

export const LimitsConfig = {
  CORS_ORIGIN: Type.String({
    description: "Origins whose pages may ask, separated by commas",
    default: "",
    pattern: "^[^\\s*]*$",
    examples: ["https://app.example.com,http://localhost:3000"],
  }),
  DOCS: Type.Union([Type.Literal("on"), Type.Literal("off")], {
    description: "Whether Swagger UI and the document are served",
    default: "on",
  }),
  MAX_IN_FLIGHT: Type.Integer({
    description: "How many requests are worked on at once; more are refused with 503",
    minimum: 1,
    maximum: 100_000,
    default: 512,
  }),
  METRICS: Type.Union([Type.Literal("open"), Type.Literal("admin")], {
    description: "Who may read /metrics. Default: admin with AUTH=on, or",
    default: "open",
  }),
  RATE_LIMIT: Type.String({
    description: "Requests of a caller in a time, on each replica, such as 100/60s",
    default: "off",
    pattern: "^(?:off|[1-9]\\d{0,8}/[1-9]\\d{0,4}s)$",
    examples: ["100/60s", "off"],
  }),
  TRUSTED_PROXIES: Type.String({
    description: "Addresses and networks whose X-Forwarded-For is believed, separated by commas",
    default: "",
    pattern: "^[0-9A-Fa-f:.,/]*$",
    examples: ["10.0.0.0/8,fd00::/8"],
  }),
};

export type LimitsValues = Partial<Record<keyof typeof LimitsConfig | "AUTH", unknown>>;

/** What is wrong with them that no pattern tells, `NAME: what to do` each. None shows a value. */
export function limitsFaults({
  AUTH,
  CORS_ORIGIN,
  METRICS,
  TRUSTED_PROXIES,
}: LimitsValues): string[] {
  const faults: string[] = [];
  if (!listIn(CORS_ORIGIN).every(isOrigin)) {
    faults.push("CORS_ORIGIN: each as browsers send it: https://app.example.com, without a path");
  }
  if (TRUSTED_PROXIES && !parseNetworks(listIn(TRUSTED_PROXIES))) {
    faults.push("TRUSTED_PROXIES: each an address or a network such as 10.0.0.0/8");
  }
  if (METRICS === "admin" && AUTH === "off") faults.push("METRICS: admin needs AUTH=on");
  return faults;
}

/** The parts of a text between commas; none of an empty one. */
export function listIn(text: unknown): string[] {
  return typeof text === "string" && text !== "" ? text.split(",") : [];
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text;
}
