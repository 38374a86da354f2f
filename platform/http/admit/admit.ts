/** Whatever may refuse a request before its route is chosen and its body is read. */
import { type MaybePromise, settling } from "../../process/and-then.ts";
import { pathOf, type Respond } from "../context.ts";
import { ProblemError } from "../failure.ts";
import { invalidHost, invalidTarget, misdirectedRequest, overloaded } from "../failures.ts";
import { isOperational, isProbe } from "../operational.ts";
import type { HostCheck } from "./allowed-hosts.ts";
import type { BodyBudget } from "./body-budget.ts";
import { hasOwnPath } from "./request-target.ts";

/** The failures of every request. */
export const requestFailures = [invalidHost, invalidTarget, misdirectedRequest] as const;

/** Sets the caller in the context of a request. Returns no promise if it need not wait. */
export type Authenticate = (request: Request) => void | Promise<void>;

export interface AdmitOptions {
  hostCheck: HostCheck;
  /** The memory for bodies. */
  bodies: BodyBudget;
  /** The maximum number of concurrent requests. Default: 512 */
  inFlightMax?: number;
  /** Default: no authentication */
  authenticate?: Authenticate | undefined;
  /** Counts a request. Throws if it exceeds the rate limit. Default: no limit */
  count?: ((request: Request) => void) | undefined;
}

/**
 * Refuses a request by throwing, in the order below. Returns no promise for a request that does not
 * wait.
 *
 * Only requests that wait are counted as in flight: any other has its response before the next one
 * starts. While its token is verified a request is not counted, because that has a bound of its own,
 * and forged tokens would take the places of callers who are known.
 */
export function admit(
  route: Respond,
  { hostCheck, bodies, inFlightMax = 512, authenticate, count }: AdmitOptions,
): Respond {
  let inFlight = 0;

  function leave(): void {
    inFlight -= 1;
  }

  return (request) => {
    requireOwnPath(request);
    requireHost(request);
    const release = bodies.enter(request);
    return release ? settling(() => authenticated(request), release) : authenticated(request);
  };

  function authenticated(request: Request): MaybePromise<Response> {
    requireRoom(request);
    const waiting = authenticate?.(request);
    if (!waiting) return counted(request);
    return waiting.then(() => {
      requireRoom(request);
      return counted(request);
    });
  }

  function counted(request: Request): MaybePromise<Response> {
    count?.(request);
    const response = route(request);
    if (!(response instanceof Promise) || isOperational(pathOf(request.url))) return response;
    inFlight += 1;
    return response.finally(leave);
  }

  function requireHost(request: Request): void {
    const host = request.headers.get("host");
    // A request without a server has no host header.
    const refusal = host === null ? undefined : hostCheck(host);
    if (!refusal) return;
    // Probes use an address as the host, or HTTP/1.0 without a host.
    if (refusal === misdirectedRequest && isProbe(pathOf(request.url))) return;
    throw new ProblemError(refusal);
  }

  function requireRoom(request: Request): void {
    if (inFlight >= inFlightMax && !isOperational(pathOf(request.url))) {
      throw new ProblemError(overloaded);
    }
  }
}

function requireOwnPath(request: Request): void {
  if (!hasOwnPath(request)) throw new ProblemError(invalidTarget);
}
