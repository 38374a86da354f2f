import { expect, test } from "bun:test";

import { runtimeFaults } from "./runtime-variables.ts";

const ON = { AUTH: "on" };

test.each([
  ["BUN_INSPECT", "127.0.0.1:6499"],
  ["BUN_INSPECT", "0"],
  ["BUN_INSPECT_CONNECT_TO", "ws://127.0.0.1:6499"],
  ["BUN_INSPECT_NOTIFY", "unix:///tmp/notify"],
  ["BUN_INSPECT_PRELOAD", "s3cret.js"],
  ["BUN_OPTIONS", "--inspect=s3cret"],
  ["BUN_OPTIONS", "--heap-prof"],
  ["BUN_JSC_dumpOptions", "1"],
  ["BUN_JSC_functionOverrides", "s3cret"],
  ["BUN_CONFIG_VERBOSE_FETCH", "curl"],
  ["BUN_CONFIG_VERBOSE_FETCH", "1"],
  ["BUN_CONFIG_VERBOSE_FETCH", "true"],
  ["NODE_TLS_REJECT_UNAUTHORIZED", "0"],
])("An executable with AUTH=on does not start with %s=%s", (name, value) => {
  const [fault = "", ...others] = runtimeFaults(ON, { PATH: "/bin", [name]: value }, true);
  expect(fault).toMatch(new RegExp(`^${name}: unset it, because it [\\w ,]+, and AUTH is on$`));
  expect([others, fault.includes("s3cret")]).toEqual([[], false]);
  expect(runtimeFaults({ AUTH: "off" }, { [name]: value }, true)).toEqual([]);
  expect(runtimeFaults(ON, { [name]: value }, false)).toEqual([]);
  expect(runtimeFaults(ON, { [name]: "" }, true)).toEqual([]);
});

test.each([
  ["BUN_CONFIG_VERBOSE_FETCH", "0"],
  ["BUN_CONFIG_VERBOSE_FETCH", "false"],
  ["NODE_TLS_REJECT_UNAUTHORIZED", "1"],
  ["BUN_CONFIG_MAX_HTTP_REQUESTS", "512"],
  ["BUN_INSTALL", "/opt/bun"],
  ["NODE_EXTRA_CA_CERTS", "/ca.pem"],
])("An executable with AUTH=on starts with %s=%s", (name, value) => {
  expect(runtimeFaults(ON, { [name]: value }, true)).toEqual([]);
});

test("All of them are named at once", () => {
  const environment = {
    BUN_INSPECT: "1",
    NODE_TLS_REJECT_UNAUTHORIZED: "0",
    BUN_OPTIONS: "--smol",
  };
  const faults = runtimeFaults(ON, environment, true);
  expect(faults.map((fault) => fault.split(":")[0])).toEqual(Object.keys(environment));
});
