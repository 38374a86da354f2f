/** The names of hosts: of the `Host` header, and of `ALLOWED_HOSTS`. */

/** Any number of labels before a name. */
const ANY_BELOW = "*.";

const LABEL = /^[\w-]{1,63}$/;
const NAME_LENGTH_MAX = 253;

/**
 * Returns the host without its port, as URLs write it; empty if invalid. An IPv6 address may lack
 * brackets.
 */
export function hostnameOf(host: string): string {
  const authority = /^[^[]*:.*:/.test(host) ? `[${host}]` : host.trim();
  return URL.parse(`http://${authority}`)?.hostname.replace(/\.$/, "") ?? "";
}

/** Whether a pattern can match a host: `shop.example.com`, `*.example.com`, an address. */
export function canMatch(pattern: string): boolean {
  if (pattern.startsWith("[")) return hostnameOf(pattern) !== "";
  const isBelow = isWide(pattern);
  const name = (isBelow ? pattern.slice(ANY_BELOW.length) : pattern).replace(/\.$/, "");
  const isName = name.length <= NAME_LENGTH_MAX && name.split(".").every((one) => LABEL.test(one));
  // There is nothing below an address.
  return isName && hostnameOf(isBelow ? `a.${name}` : name) !== "";
}

/**
 * Returns the function that checks whether a host name, as {@link hostnameOf} returns it, matches
 * one of the patterns. `*.example.com` matches every name below `example.com`, and not that name itself.
 */
export function createHostMatch(patterns: readonly string[]): (hostname: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !isWide(pattern)).map(hostnameOf));
  const ends = patterns
    .filter(isWide)
    .map((pattern) => `.${hostnameOf(pattern.slice(ANY_BELOW.length))}`);
  return (hostname) => names.has(hostname) || ends.some((end) => hostname.endsWith(end));
}

function isWide(pattern: string): boolean {
  return pattern.startsWith(ANY_BELOW);
}
