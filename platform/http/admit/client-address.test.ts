import { describe, expect, test } from "bun:test";
import { BlockList } from "node:net";

import * as fc from "fast-check";

import { addressKey, clientAddress } from "./client-address.ts";

const trusted = new BlockList();
trusted.addSubnet("10.0.0.0", 8, "ipv4");
trusted.addSubnet("fd00::", 8, "ipv6");

describe("The address of a client", () => {
  test.each([
    ["is its own on a direct connection", "192.0.2.1", null, "192.0.2.1"],
    ["is its own on a direct connection, whatever it forges", "192.0.2.1", "10.0.0.9", "192.0.2.1"],
    ["is the one that a trusted proxy saw", "10.0.0.1", "192.0.2.1", "192.0.2.1"],
    [
      "is not to the left of the one that a proxy saw",
      "10.0.0.1",
      "8.8.8.8, 192.0.2.1",
      "192.0.2.1",
    ],
    [
      "is not a trusted address that the client forges",
      "10.0.0.1",
      "10.0.0.7, 192.0.2.1",
      "192.0.2.1",
    ],
    ["is the one that the outer of two proxies saw", "10.0.0.1", "192.0.2.1,10.0.0.2", "192.0.2.1"],
    ["is the leftmost one if all are trusted", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["is the proxy's if the header is missing", "10.0.0.1", null, "10.0.0.1"],
    [
      "is the proxy's if the proxy hides the client's",
      "10.0.0.1",
      "192.0.2.1, unknown",
      "10.0.0.1",
    ],
    ["may have a port", "10.0.0.1", "192.0.2.1:4711", "192.0.2.1"],
    ["may be in brackets with a port", "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"],
    ["may be in brackets", "10.0.0.1", "[2001:db8::1]", "2001:db8::1"],
    [
      "may be an IPv4 address mapped into IPv6",
      "::ffff:10.0.0.1",
      "::ffff:192.0.2.1",
      "::ffff:192.0.2.1",
    ],
    ["is the one that an IPv6 proxy saw", "fd00::1", "2001:db8::1", "2001:db8::1"],
  ])("%s", (_sentence, peer, forwardedFor, expected) => {
    expect(clientAddress({ peer, forwardedFor, trusted })).toBe(expected);
  });

  test("is empty if the connection has no address", () => {
    expect(clientAddress({ peer: "", forwardedFor: "192.0.2.1", trusted })).toBe("");
  });

  test("is searched for behind at most sixteen proxies", () => {
    const hops = Array.from({ length: 10_000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    const forwardedFor = ["192.0.2.1", ...hops].join(",");
    const found = clientAddress({ peer: "10.0.0.1", forwardedFor, trusted });
    expect(found).toBe(hops.at(-16) ?? "");
  });
});

describe("The key of an address", () => {
  test("is the address itself for IPv4, in either notation", () => {
    expect(addressKey("192.0.2.1")).not.toBe(addressKey("192.0.2.2"));
    expect(addressKey("192.0.2.1")).toBe(addressKey("::ffff:192.0.2.1"));
  });

  test("is the /64 network for IPv6", () => {
    expect(addressKey("2001:db8:0:1::1")).toBe(addressKey("2001:db8:0:1:ffff:ffff:ffff:ffff"));
    expect(addressKey("2001:db8:0:1::1")).not.toBe(addressKey("2001:db8:0:2::1"));
    expect(addressKey("::1")).not.toBe(addressKey("0.0.0.0"));
  });

  test("does not depend on how zeros are written", () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.tuple(group, group, group, group), fc.tuple(group, group), (network, host) => {
        // The two ones in the middle keep it from being an IPv4 address.
        const groups = [...network, 1, 1, ...host].map((one) => one.toString(16));
        const whole = groups
          .map((one) => one.padStart(4, "0"))
          .join(":")
          .toUpperCase();
        const short = URL.parse(`http://[${whole}]`)?.hostname.slice(1, -1) ?? "";
        expect(addressKey(short)).toBe(groups.slice(0, 4).join(":"));
        expect(addressKey(whole)).toBe(addressKey(short));
      }),
    );
  });
});
