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
 */
export function gate({ inFlightMax = 512, identity, count }: GateOptions = {}) {
  let inFlight = 0;

  function leave(): void {
    inFlight -= 1;
  }

  return new Elysia().wrap((handle: Function) => {
    function proceed(request: Request): Response | Promise<Response> {
      count?.(request);
      return (handle as Handle)(request);
    }

    return (request: Request) => {
      if (inFlight >= inFlightMax && !isOperational(request)) throw new ProblemError(overloaded);

      inFlight += 1;
      let response: Response | Promise<Response>;
      try {
        const identified = identity?.identify(request);
        response = identified ? identified.then(() => proceed(request)) : proceed(request);
      } catch (error) {
        leave();
        throw error;
      }
      if (response instanceof Promise) return response.finally(leave);
      leave();
      return response;
    };
  });
}
