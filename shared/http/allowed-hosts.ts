/**
 * Which hosts a service is known by. A page of another origin can have a name of its own lead to a
 * developer's 127.0.0.1 (DNS rebinding), and reads what is answered: so it is not answered there.
 */
import { isLoopback } from "../process/ip-address.ts";
import type { Failure } from "./failure.ts";
import { invalidHost, misdirectedRequest } from "./failures.ts";

/** Judges the value of a `Host` header: the failure to refuse the request with, or nothing. */
export type HostCheck = (host: string) => Failure | undefined;

export interface AllowedHostsOptions {
  /** Names between commas, of which a request has to ask for one, on any port. Default: see below */
  ALLOWED_HOSTS: string;
  /** The address that is listened on. */
  HOST: string;
  AUTH: string;
}

/** A host as it is on the wire, stricter than RFC 9110, 7.2: what names have in practice. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i;

/** So many hosts are judged once; there are few, unless somebody makes them up. */
const KNOWN_MAX = 256;

/**
 * Without names in `ALLOWED_HOSTS`, a service that asks nobody for a token on a loopback address is known
 * by the names and addresses of this machine alone, and any other by whatever it is asked for.
 */
export function createHostCheck({ ALLOWED_HOSTS, HOST: address, AUTH }: AllowedHostsOptions) {
  const names = new Set(ALLOWED_HOSTS.split(",").filter(Boolean).map(hostnameOf));
  const isOpen = AUTH === "off" && isLoopback(hostnameOf(address));
  const known = new Map<string, Failure | undefined>();

  function isKnownBy(hostname: string): boolean {
    if (names.size > 0) return names.has(hostname);
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

/** The host without its port, as URLs have it; empty if it is none. An IPv6 address may lack brackets. */
function hostnameOf(host: string): string {
  const authority = /^[^[]*:.*:/.test(host) ? `[${host}]` : host.trim();
  return URL.parse(`http://${authority}`)?.hostname.replace(/\.$/, "") ?? "";
}
