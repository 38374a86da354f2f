import { expect, test } from "bun:test";

import { listIn } from "./variable.ts";
import { VARIABLES } from "./variables.ts";

/** The faults of a variable beside these values. */
function faultsOf(name: keyof typeof VARIABLES, config: Record<string, string>): string[] {
  return VARIABLES[name]["faults"]({ config, isSet: () => true });
}

test.each([
  ["https://app.example.com", true],
  ["https://app.example.com:8443,http://localhost:3000", true],
  ["http://[::1]:3000", true],
  ["https://app.example.com/", false],
  ["https://app.example.com/path", false],
  ["https://app.example.com:443", false],
  ["https://APP.example.com", false],
  ["app.example.com", false],
  ["null", false],
  ["file://", false],
  ["https://a.example.com,", false],
])("CORS_ORIGIN=%s is accepted: %p", (origins, accepted) => {
  const faults = faultsOf("CORS_ORIGIN", { CORS_ORIGIN: origins });
  expect(faults).toHaveLength(accepted ? 0 : 1);
  for (const fault of faults) expect(fault).toStartWith("CORS_ORIGIN: ");
});

test.each([
  ["10.0.0.0/8", true],
  ["10.0.0.0/8,192.0.2.1,fd00::/8", true],
  ["10.0.0.0/33", false],
  ["10.0.0.1,", false],
  ["10.0.0", false],
])("TRUSTED_PROXIES=%s is accepted: %p", (networks, accepted) => {
  const faults = faultsOf("TRUSTED_PROXIES", { TRUSTED_PROXIES: networks });
  expect(faults).toHaveLength(accepted ? 0 : 1);
  for (const fault of faults) expect(fault).toStartWith("TRUSTED_PROXIES: ");
});

test("METRICS=admin requires AUTH=on", () => {
  expect(faultsOf("METRICS", { AUTH: "off", METRICS: "admin" })).toEqual([
    "METRICS: admin needs AUTH=on",
  ]);
  expect(faultsOf("METRICS", { AUTH: "on", METRICS: "admin" })).toEqual([]);
});

test("An empty variable is an empty list", () => {
  expect(listIn("")).toEqual([]);
  expect(listIn("a,b")).toEqual(["a", "b"]);
});
