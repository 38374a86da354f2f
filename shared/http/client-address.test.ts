import { describe, expect, test } from "bun:test";
import { BlockList } from "node:net";

import * as fc from "fast-check";

import { addressKey, clientAddress } from "./client-address.ts";

const trusted = new BlockList();
trusted.addSubnet("10.0.0.0", 8, "ipv4");
trusted.addSubnet("fd00::", 8, "ipv6");

describe("The address of a client", () => {
  test.each([
    ["who connects directly is its own", "192.0.2.1", null, "192.0.2.1"],
    ["who connects directly is its own whatever it forges", "192.0.2.1", "10.0.0.9", "192.0.2.1"],
    ["behind a trusted proxy is what that one saw", "10.0.0.1", "192.0.2.1", "192.0.2.1"],
    ["is not what stands left of what a proxy saw", "10.0.0.1", "8.8.8.8, 192.0.2.1", "192.0.2.1"],
    ["is not a trusted address that it forges", "10.0.0.1", "10.0.0.7, 192.0.2.1", "192.0.2.1"],
    ["behind two proxies is what the outer one saw", "10.0.0.1", "192.0.2.1,10.0.0.2", "192.0.2.1"],
    ["in the trusted network is the leftmost", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["that a proxy does not tell is the proxy's", "10.0.0.1", null, "10.0.0.1"],
    ["that a proxy hides is the proxy's", "10.0.0.1", "192.0.2.1, unknown", "10.0.0.1"],
    ["may come with a port", "10.0.0.1", "192.0.2.1:4711", "192.0.2.1"],
    ["may come in brackets with a port", "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"],
    ["may come in brackets", "10.0.0.1", "[2001:db8::1]", "2001:db8::1"],
    ["may be mapped into IPv6", "::ffff:10.0.0.1", "::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["behind a proxy of IPv6 is what that one saw", "fd00::1", "2001:db8::1", "2001:db8::1"],
  ])("%s", (_sentence, peer, forwardedFor, expected) => {
    expect(clientAddress({ peer, forwardedFor, trusted })).toBe(expected);
  });

  test("is nobody's on a connection without one", () => {
    expect(clientAddress({ peer: "", forwardedFor: "192.0.2.1", trusted })).toBe("");
  });

  test("is looked for past sixteen proxies and no further", () => {
    const hops = Array.from({ length: 10_000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    const forwardedFor = ["192.0.2.1", ...hops].join(",");
    const found = clientAddress({ peer: "10.0.0.1", forwardedFor, trusted });
    expect(found).toBe(hops.at(-16) ?? "");
  });
});

describe("An address is counted", () => {
  test("by itself if it is of IPv4, in either notation", () => {
    expect(addressKey("192.0.2.1")).not.toBe(addressKey("192.0.2.2"));
    expect(addressKey("192.0.2.1")).toBe(addressKey("::ffff:192.0.2.1"));
  });

  test("with its network of 64 bits if it is of IPv6", () => {
    expect(addressKey("2001:db8:0:1::1")).toBe(addressKey("2001:db8:0:1:ffff:ffff:ffff:ffff"));
    expect(addressKey("2001:db8:0:1::1")).not.toBe(addressKey("2001:db8:0:2::1"));
    expect(addressKey("::1")).not.toBe(addressKey("0.0.0.0"));
  });

  test("however its zeros are written", () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.tuple(group, group, group, group), fc.tuple(group, group), (network, host) => {
        // Those in the middle tell it from an address of IPv4.
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
