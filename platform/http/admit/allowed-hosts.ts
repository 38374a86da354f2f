/**
 * The hosts that a service serves. A page of another origin can point its own host name at a
 * developer's 127.0.0.1 (DNS rebinding) and read the responses. The service rejects requests for
 * that host.
 */
import { createHostMatch, hostnameOf } from "../../process/host-names.ts";
import { isLoopback } from "../../process/ip-address.ts";
import { listIn } from "../../process/variable.ts";
import type { Failure } from "../failure.ts";
import { invalidHost, misdirectedRequest } from "../failures.ts";

/**
 * Checks the value of a `Host` header. Returns the failure to reject the request with, or
 * undefined.
 */
export type HostCheck = (host: string) => Failure | undefined;

export interface AllowedHostsOptions {
  /**
   * Host names, separated by commas; `*.example.com` is every name below that one. A request must
   * use one of them, on any port. Default: see {@link createHostCheck}
   */
  ALLOWED_HOSTS: string;
  /** The address that the service listens on. */
  HOST: string;
  AUTH: string;
}

/** The host names that occur in practice: stricter than RFC 9110, 7.2. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i;

/** Cached results. Clients use few hosts, unless someone invents them. */
const KNOWN_MAX = 256;

/**
 * With an empty `ALLOWED_HOSTS`, a service without tokens on a loopback address serves only the
 * names and addresses of this machine. Any other service serves every host.
 */
export function createHostCheck({ ALLOWED_HOSTS, HOST: address, AUTH }: AllowedHostsOptions) {
  const patterns = listIn(ALLOWED_HOSTS);
  const isNamed = createHostMatch(patterns);
  const isOpen = AUTH === "off" && isLoopback(hostnameOf(address));
  const known = new Map<string, Failure | undefined>();

  function isKnownBy(hostname: string): boolean {
    if (patterns.length > 0) return isNamed(hostname);
    return !isOpen || isLoopback(hostname);
  }

  function judge(host: string): Failure | undefined {
    const hostname = HOST.test(host) ? hostnameOf(host) : "";
    if (hostname === "") return invalidHost;
    return isKnownBy(hostname) ? undefined : misdirectedRequest;
  }

  return function check(host: string): Failure | undefined {
    const failure = known.get(host);
    if (failure || known.has(host)) return failure;
    if (known.size >= KNOWN_MAX) known.clear();
    const judged = judge(host);
    known.set(host, judged);
    return judged;
  };
}
