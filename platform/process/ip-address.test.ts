import { describe, expect, test } from "bun:test";

import { isLoopback, parseNetworks } from "./ip-address.ts";

describe("A network", () => {
  test.each([
    ["10.0.0.0/8", "10.255.0.1", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10.1.2.3/8", "10.9.9.9", true],
    ["10.0.0.0/8", "::ffff:10.1.1.1", true],
    ["0.0.0.0/0", "192.0.2.1", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "192.0.2.1", true],
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "192.0.2.2", false],
    ["fd00::/8", "fdff::1", true],
    ["fd00::/8", "fe00::1", false],
  ])("%s contains %s: %p", (network, address, within) => {
    const family = address.includes(":") ? "ipv6" : "ipv4";
    expect(parseNetworks([network])?.check(address, family)).toBe(within);
  });

  test.each([
    "",
    "/8",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "::/129",
    "10.0.0.0/8/8",
    "a/8",
    "10/8",
    "01.2.3.4",
    "1.2.3",
    "1::2::3",
  ])("cannot be %j", (text) => {
    expect(parseNetworks([text])).toBeUndefined();
    expect(parseNetworks(["10.0.0.0/8", text])).toBeUndefined();
  });

  test("can be one of several", () => {
    const networks = parseNetworks(["10.0.0.0/8", "fd00::/8"]);
    expect(networks?.check("10.1.1.1", "ipv4")).toBe(true);
    expect(networks?.check("fd00::1", "ipv6")).toBe(true);
    expect(parseNetworks([])?.check("10.1.1.1", "ipv4")).toBe(false);
  });
});

test.each([
  ["localhost", true],
  ["makers.localhost", true],
  ["127.0.0.1", true],
  ["127.8.8.8", true],
  ["::1", true],
  ["[::1]", true],
  ["::ffff:127.0.0.1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["localhost.example.com", false],
  ["127.0.0.1.example.com", false],
  ["", false],
])("The host %j is a loopback address: %p", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
