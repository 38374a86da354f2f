import { describe, expect, test } from "bun:test";
import { BlockList, isIP } from "node:net";

import * as fc from "fast-check";

import { isIpv4, isLoopback, isWithin, parseIpAddress, parseNetwork } from "./ip-address.ts";

describe("parseIpAddress()", () => {
  test.each([
    ["0.0.0.0", 0xffff_0000_0000n],
    ["10.0.0.1", 0xffff_0a00_0001n],
    ["255.255.255.255", 0xffff_ffff_ffffn],
    ["::", 0n],
    ["::1", 1n],
    ["1::", 1n << 112n],
    ["2001:db8::8:800:200c:417a", 0x2001_0db8_0000_0000_0008_0800_200c_417an],
    ["2001:DB8:0:0:8:800:200C:417A", 0x2001_0db8_0000_0000_0008_0800_200c_417an],
    ["::ffff:10.0.0.1", 0xffff_0a00_0001n],
    ["::FFFF:0a00:1", 0xffff_0a00_0001n],
    ["64:ff9b::192.0.2.33", 0x0064_ff9b_0000_0000_0000_0000_c000_0221n],
    ["fe80::1%eth0", (0xfe80n << 112n) | 1n],
  ])("reads %s", (text, address) => {
    expect(parseIpAddress(text)).toBe(address);
  });

  test.each([
    "",
    " ",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "1.2.3.4.",
    "01.2.3.4",
    "0x7f.1",
    "1.2.3.-4",
    "1.2.3.4 ",
    "127.1",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "1:2:3:4:5:6:7::8",
    "::g",
    "[::1]",
    "::1.2.3",
    "1.2.3.4::",
    "1:2:3:4:5:6:7:1.2.3.4",
    "unknown",
  ])("knows no address in %j", (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });

  test("accepts what node:net accepts, and nothing else", () => {
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.stringMatching(/^[0-9a-f:.]{0,24}$/),
      fc.tuple(fc.ipV6(), fc.ipV4()).map(([six, four]) => six.replace(/:[^:]*$/, `:${four}`)),
    );
    fc.assert(
      fc.property(text, (one) => {
        expect([one, parseIpAddress(one) !== undefined]).toEqual([one, isIP(one) !== 0]);
      }),
      { numRuns: 2_000 },
    );
  });
});

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
  ])("%s and %s: %p", (network, address, within) => {
    const parsed = parseNetwork(network);
    expect(parsed && isWithin(parseIpAddress(address) ?? -1n, parsed)).toBe(within);
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
  ])("is not %j", (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });

  test("holds what node:net holds", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), fc.ipV4(), (base, bits, address) => {
        const list = new BlockList();
        list.addSubnet(base, bits);
        const network = parseNetwork(`${base}/${bits}`);
        expect(network && isWithin(parseIpAddress(address) ?? -1n, network)).toBe(
          list.check(address),
        );
      }),
    );
  });
});

test("an address of IPv4 is one in either notation", () => {
  expect(isIpv4(parseIpAddress("192.0.2.1") ?? 0n)).toBe(true);
  expect(isIpv4(parseIpAddress("::ffff:192.0.2.1") ?? 0n)).toBe(true);
  expect(isIpv4(parseIpAddress("2001:db8::1") ?? 0n)).toBe(false);
});

test.each([
  ["localhost", true],
  ["127.0.0.1", true],
  ["127.8.8.8", true],
  ["::1", true],
  ["[::1]", true],
  ["::ffff:127.0.0.1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["localhost.example.com", false],
  ["", false],
])("whether %j is this machine alone: %p", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
