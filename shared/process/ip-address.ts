/** IP addresses and networks as numbers, an IPv4 one in its place within IPv6 (RFC 4291, 2.5.5.2). */

/** Networks of addresses: `10.0.0.0/8`, or a single address. */
export interface Network {
  first: bigint;
  /** How many of the lowest of the 128 bits may differ. */
  openBits: bigint;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const IPV4_PREFIX = 0xffffn << 32n;

/** The address of a text such as `10.0.0.1` or `2001:db8::1`; undefined for any other text. */
export function parseIpAddress(text: string): bigint | undefined {
  if (IPV4.test(text)) return IPV4_PREFIX | ipv4(text);
  // The name of a network interface says nothing of the address.
  const [address = ""] = text.split("%", 1);
  // An IPv4 address at the end stands for the last two groups.
  const tail = address.slice(address.lastIndexOf(":") + 1);
  if (!IPV4.test(tail)) return ipv6(address);
  const low = ipv4(tail);
  const groups = `${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  return ipv6(address.slice(0, -tail.length) + groups);
}

function ipv4(text: string): bigint {
  return text.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function ipv6(text: string): bigint | undefined {
  const [head = "", rest, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const before = head === "" ? [] : head.split(":");
  const after = rest ? rest.split(":") : [];
  const missing = 8 - before.length - after.length;
  if (rest === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => "0"), ...after];
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined;
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

/** Whether this is an address of IPv4. */
export function isIpv4(address: bigint): boolean {
  return address >> 32n === 0xffffn;
}

/** The network of a text such as `10.0.0.0/8`, `::1` or `fd00::/8`; undefined for any other text. */
export function parseNetwork(text: string): Network | undefined {
  const [address = "", bits, ...more] = text.split("/");
  const first = parseIpAddress(address);
  if (first === undefined || more.length > 0) return undefined;
  const width = IPV4.test(address) ? 32 : 128;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > width)) return undefined;
  return { first, openBits: BigInt(width - Number(bits ?? width)) };
}

export function isWithin(address: bigint, { first, openBits }: Network): boolean {
  return address >> openBits === first >> openBits;
}

const LOOPBACK = [parseNetwork("127.0.0.0/8"), parseNetwork("::1")].filter(
  (one) => one !== undefined,
);

/** Whether what this names is this machine alone: `localhost`, 127.0.0.0/8, `::1`. */
export function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  const address = parseIpAddress(host.replace(/^\[(.*)\]$/, "$1"));
  return address !== undefined && LOOPBACK.some((network) => isWithin(address, network));
}
