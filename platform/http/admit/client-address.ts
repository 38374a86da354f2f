/** Finds the address of a client, trusting only configured proxies. */
import type { BlockList } from "node:net";

/** The maximum number of proxies to follow: real chains have two or three. */
const PROXIES_MAX = 16;

let net: typeof import("node:net") | undefined;
/** Loaded here because only requests that are counted or refused need it. */
function isIP(text: string): number {
  return (net ??= require("node:net") as typeof import("node:net")).isIP(text);
}

export interface AddressSources extends Pick<ClientAddressOptions, "trusted"> {
  /** The address of the connection; empty if it has none. */
  peer: string;
  /** `X-Forwarded-For`: each proxy appends the address of its own client. */
  forwardedFor: string | null;
}

export interface ClientAddressOptions {
  /** Returns the address of the connection of a request; empty if it has none. */
  peerOf: (request: Request) => string;
  /** The proxies whose `X-Forwarded-For` is trusted: `TRUSTED_PROXIES`. */
  trusted: BlockList;
}

/** Returns the function that finds the key to count the client of a request by. */
export function createAddressOf({ peerOf, trusted }: ClientAddressOptions) {
  return (request: Request): string => {
    const forwardedFor = request.headers.get("x-forwarded-for");
    return addressKey(clientAddress({ peer: peerOf(request), forwardedFor, trusted }));
  };
}

/**
 * Returns the address of the client: counting hops from this service, the first that is not a
 * trusted proxy. A trusted proxy saw this address itself; anyone can write what is to the left of
 * it.
 */
export function clientAddress({ peer, forwardedFor, trusted }: AddressSources): string {
  let client = peer;
  const hops = forwardedFor?.split(",") ?? [];
  for (let passed = 0; passed < PROXIES_MAX && isAmong(trusted, client); passed += 1) {
    const before = addressIn(hops.pop() ?? "");
    // A proxy that names no address is the last that can be followed.
    if (isIP(before) === 0) break;
    client = before;
  }
  return client;
}

function isAmong(networks: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && networks.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** Some proxies append a port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function addressIn(hop: string): string {
  const text = hop.trim();
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(text) ?? [];
  return bracketed ?? dotted ?? text;
}

/**
 * Returns the key to count an address by: an IPv4 address itself, or the /64 network of an IPv6
 * address, within which a client can choose any address.
 */
export function addressKey(address: string): string {
  const mapped = isIP(address) === 4 ? `::ffff:${address}` : address.replace(/%.*/, "");
  // A URL contains the shortest form (RFC 5952).
  const { hostname = "" } = URL.parse(`http://[${mapped}]`) ?? {};
  const shortest = hostname.slice(1, -1);
  if (/^::ffff:[^:]+:[^:]+$/.test(shortest)) return shortest;
  const [head = [], tail] = shortest.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = tail ? Array(8 - head.length - tail.length).fill("0") : [];
  return [...head, ...zeros, ...(tail ?? [])].slice(0, 4).join(":");
}

/**
 * Returns what an address is counted by, as people write it: `192.0.2.1`, or the network
 * `2001:db8:0:7::/64`; empty without an address.
 */
export function addressName(address: string): string {
  const key = addressKey(address);
  const [, high, low] = /^::ffff:([^:]+):([^:]+)$/.exec(key) ?? [];
  if (high === undefined || low === undefined) return key && `${key}::/64`;
  const bits = [high, low].map((word) => Number.parseInt(word, 16));
  return bits.flatMap((word) => [word >> 8, word & 0xff]).join(".");
}
