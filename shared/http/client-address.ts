/** Where a request comes from, as far as anyone who can be believed says. */
import { isIpv4, isWithin, type Network, parseIpAddress } from "../process/ip-address.ts";

/** How many proxies are looked past: there are two or three in a row, and the rest is invented. */
const PROXIES_MAX = 16;

export interface Way {
  /** Who opened the connection. */
  peer: string;
  /** `X-Forwarded-For`: each proxy adds at the right whom it was asked by. */
  forwardedFor: string | null;
  /** The proxies whose word counts: `TRUSTED_PROXIES`. */
  trusted: readonly Network[];
}

/**
 * The address of the client: of the hops from here on, the first that is no trusted proxy. It is what
 * a trusted one has seen; what is to the left of it anyone can write. Undefined if the connection has no
 * address.
 */
export function clientAddress({ peer, forwardedFor, trusted }: Way): bigint | undefined {
  let client = parseIpAddress(peer);
  const hops = forwardedFor?.split(",") ?? [];
  for (let passed = 0; passed < PROXIES_MAX; passed += 1) {
    const hop = client;
    if (hop === undefined || !trusted.some((network) => isWithin(hop, network))) break;
    const before = parseHop(hops.pop() ?? "");
    // A proxy that names nobody is as far as it can be followed.
    if (before === undefined) break;
    client = before;
  }
  return client;
}

/** Some proxies write the port, too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function parseHop(text: string): bigint | undefined {
  const hop = text.trim();
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(hop) ?? [];
  return parseIpAddress(bracketed ?? dotted ?? hop);
}

/**
 * What to count an address under: itself, or of IPv6 the network of 64 bits that any one client has to
 * choose its addresses from.
 */
export function addressKey(address: bigint | undefined): string {
  if (address === undefined) return "none";
  return isIpv4(address) ? address.toString(16) : `${(address >> 64n).toString(16)}/64`;
}
