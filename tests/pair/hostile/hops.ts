/** Values of `X-Forwarded-For`, valid and invented. */
import { pick, type Random } from "../../../platform/database/seed.ts";

/** A random address, valid or not. */
export function anyHop(random: Random): string {
  const byte = () => Math.floor(random() * 256);
  return pick(random, [
    `198.51.100.${byte()}`,
    `127.0.0.${byte()}`,
    `2001:db8:${byte().toString(16)}::${byte()}`,
    `for="[2001:db8::${byte()}]:4711";by=127.0.0.1`,
    "unknown",
    "",
    `127.0.0.1, 198.51.100.${byte()}, 127.0.0.1`,
    "127.0.0.1,".repeat(40),
  ]);
}

/** A random address in this /64 network, in one of several notations. */
export function addressIn(network: string, random: Random): string {
  const host = Math.floor(random() * 0xffff).toString(16);
  const long = network.split(":").map((group) => group.padStart(4, "0"));
  return pick(random, [
    `${network}::${host}`,
    `${long.join(":")}:0:0:0:${host}`.toUpperCase(),
    `[${network}::${host}]:${4_000 + Math.floor(random() * 1_000)}`,
    `${network}:${host}:${host}:192.0.2.1`,
    `${network}::${host}%eth${host}`,
  ]);
}

/** The same IPv4 address, in one of several notations. */
export function oneAddress(random: Random): string {
  return pick(random, [
    "203.0.113.9",
    "::ffff:203.0.113.9",
    "203.0.113.9:80",
    "[::FFFF:CB00:7109]",
    "  203.0.113.9 ",
  ]);
}
