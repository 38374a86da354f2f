import { describe, expect, test } from "bun:test";

import { parseIpAddress, parseNetwork } from "../process/ip-address.ts";
import { addressKey, clientAddress } from "./client-address.ts";

const trusted = ["10.0.0.0/8", "fd00::/8"].map((text) => parseNetwork(text)).filter((one) => !!one);

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
    ["may be mapped into IPv6", "::ffff:10.0.0.1", "::ffff:192.0.2.1", "192.0.2.1"],
    ["behind a proxy of IPv6 is what that one saw", "fd00::1", "2001:db8::1", "2001:db8::1"],
  ])("%s", (_sentence, peer, forwardedFor, expected) => {
    expect(clientAddress({ peer, forwardedFor, trusted })).toBe(parseIpAddress(expected));
  });

  test("is nobody's on a connection without one", () => {
    expect(clientAddress({ peer: "", forwardedFor: "192.0.2.1", trusted })).toBeUndefined();
  });

  test("is looked for past sixteen proxies and no further", () => {
    const hops = Array.from({ length: 10_000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    const forwardedFor = ["192.0.2.1", ...hops].join(",");
    const found = clientAddress({ peer: "10.0.0.1", forwardedFor, trusted });
    expect(found).toBe(parseIpAddress(hops.at(-16) ?? ""));
  });
});

describe("An address is counted", () => {
  test("by itself if it is of IPv4, in either notation", () => {
    expect(keyOf("192.0.2.1")).not.toBe(keyOf("192.0.2.2"));
    expect(keyOf("192.0.2.1")).toBe(keyOf("::ffff:192.0.2.1"));
  });

  test("with its network of 64 bits if it is of IPv6", () => {
    expect(keyOf("2001:db8:0:1::1")).toBe(keyOf("2001:db8:0:1:ffff:ffff:ffff:ffff"));
    expect(keyOf("2001:db8:0:1::1")).not.toBe(keyOf("2001:db8:0:2::1"));
    expect(keyOf("::1")).not.toBe(keyOf("0.0.0.0"));
  });
});

function keyOf(text: string): string {
  return addressKey(parseIpAddress(text));
}
