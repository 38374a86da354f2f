/** Checks before the app: load, identity, rate limit. */
import { Elysia } from "elysia";

import { type Identity, isOperational } from "./context.ts";
import { ProblemError } from "./failure.ts";
import { overloaded } from "./failures.ts";

export interface GateOptions {
  /** The maximum number of concurrent requests. Default: 512 */
  inFlightMax?: number;
  /** Authenticates the caller. Default: no authentication */
  identity?: Identity | undefined;
  /** Counts a request. Throws if it exceeds the limit. Default: no limit */
  count?: ((request: Request) => void) | undefined;
}

type Handle = (request: Request) => Response | Promise<Response>;

/**
 * Rejects requests by throwing; see `app.ts`. Returns no promise for a request that does not wait.
 *
 * Only requests that wait are counted: any other has its response before the next one starts. While
 * its token is verified a request is not counted, because that has a bound of its own, and forged
 * tokens would take the places of callers who are known.
 */
export function gate({ inFlightMax = 512, identity, count }: GateOptions = {}) {
  let inFlight = 0;

  function leave(): void {
    inFlight -= 1;
  }

  function requireRoom(request: Request): void {
    if (inFlight >= inFlightMax && !isOperational(request)) throw new ProblemError(overloaded);
  }

  return new Elysia().wrap((handle: Function) => {
    function proceed(request: Request): Response | Promise<Response> {
      count?.(request);
      const response = (handle as Handle)(request);
      if (!(response instanceof Promise) || isOperational(request)) return response;
      inFlight += 1;
      return response.finally(leave);
    }

    return (request: Request) => {
      requireRoom(request);
      const identified = identity?.identify(request);
      if (!identified) return proceed(request);
      return identified.then(() => {
        requireRoom(request);
        return proceed(request);
      });
    };
  });
}
