/** Where a request comes from, as far as anyone who can be believed says. */
import { type BlockList, isIP } from "node:net";

/** How many proxies are looked past: there are two or three in a row, and the rest is invented. */
const PROXIES_MAX = 16;

export interface Way {
  /** Who opened the connection; empty if that has no address. */
  peer: string;
  /** `X-Forwarded-For`: each proxy adds at the right whom it was asked by. */
  forwardedFor: string | null;
  /** The proxies whose word counts: `TRUSTED_PROXIES`. */
  trusted: BlockList;
}

/**
 * The address of the client: of the hops from here on, the first that is no trusted proxy. It is what
 * a trusted one has seen; what is to the left of it anyone can write.
 */
export function clientAddress({ peer, forwardedFor, trusted }: Way): string {
  let client = peer;
  const hops = forwardedFor?.split(",") ?? [];
  for (let passed = 0; passed < PROXIES_MAX && isAmong(trusted, client); passed += 1) {
    const before = addressIn(hops.pop() ?? "");
    // A proxy that names nobody is as far as it can be followed.
    if (isIP(before) === 0) break;
    client = before;
  }
  return client;
}

function isAmong(networks: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && networks.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** Some proxies write the port, too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function addressIn(hop: string): string {
  const text = hop.trim();
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(text) ?? [];
  return bracketed ?? dotted ?? text;
}

/**
 * What to count an address under: itself, or of IPv6 the network of 64 bits that any one client has to
 * choose its addresses from.
 */
export function addressKey(address: string): string {
  const mapped = isIP(address) === 4 ? `::ffff:${address}` : address.replace(/%.*/, "");
  // A URL has it in its one shortest form (RFC 5952).
  const { hostname = "" } = URL.parse(`http://[${mapped}]`) ?? {};
  const shortest = hostname.slice(1, -1);
  if (/^::ffff:[^:]+:[^:]+$/.test(shortest)) return shortest;
  const [head = [], tail] = shortest.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = tail ? Array(8 - head.length - tail.length).fill("0") : [];
  return [...head, ...zeros, ...(tail ?? [])].slice(0, 4).join(":");
}
