/**
 * Forward proxies. `fetch` sends every request through the proxy that `HTTP_PROXY`, `HTTPS_PROXY` or
 * `ALL_PROXY` names, in either case, even one to this machine. That is right only for what is
 * outside: the issuer and the collector.
 */
import { isLoopback } from "../process/ip-address.ts";

/** For `fetch`: never through a proxy, which would read the token of a service. */
export const DIRECT = { proxy: false } as const;

/** For `fetch`: through the proxy of the environment, unless the URL is on this machine. */
export function outside(url: string): Partial<typeof DIRECT> {
  return isLoopback(new URL(url).hostname) ? DIRECT : {};
}
