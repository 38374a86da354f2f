/** IP addresses and networks. */
import type { BlockList } from "node:net";

const LOOPBACK = /^(?:(?:.+\.)?localhost|(?:::ffff:)?127(?:\.\d{1,3}){3}|::1|\[::1\])$/i;

/** Whether the host is only this machine: `localhost` (RFC 6761, 6.3), 127.0.0.0/8, `::1`. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/**
 * Parses networks such as `10.0.0.0/8`, or single addresses; undefined if one of them is invalid.
 */
export function parseNetworks(texts: readonly string[]): BlockList | undefined {
  // Loaded here because hardly any start needs it.
  const { BlockList, isIP } = require("node:net") as typeof import("node:net");
  const networks = new BlockList();
  for (const text of texts) {
    const [, address = "", bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    const version = isIP(address);
    const width = version === 4 ? 32 : 128;
    if (version === 0 || Number(bits ?? 0) > width) return undefined;
    networks.addSubnet(address, Number(bits ?? width), version === 4 ? "ipv4" : "ipv6");
  }
  return networks;
}
