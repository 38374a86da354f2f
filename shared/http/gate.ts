/** What a request passes before the app: is there room, who asks, and not too often. */
import { Elysia } from "elysia";

import type { Identity } from "./auth/identity.ts";
import { isOperational } from "./context.ts";
import { ProblemError } from "./failure.ts";
import { overloaded } from "./failures.ts";

export interface GateOptions {
  /** How many requests may be worked on at once. Default: 512 */
  inFlightMax?: number;
  /** Finds out who asks. Default: nobody has to say */
  identity?: Identity | undefined;
  /** Counts a request, and throws if it is one too many. Default: there are never too many */
  count?: ((request: Request) => void) | undefined;
}

type Handle = (request: Request) => Response | Promise<Response>;

/**
 * Goes around the app. It refuses by throwing, so what makes failures responses has to be around it. A
 * request that waits for nothing gets its response without a promise.
 */
export function gate({ inFlightMax = 512, identity, count }: GateOptions = {}) {
  let inFlight = 0;

  return new Elysia().wrap((handle: Function) => (request: Request) => {
    if (inFlight >= inFlightMax && !isOperational(request)) throw new ProblemError(overloaded);

    inFlight += 1;
    try {
      const identified = identity?.identify(request);
      const response = identified ? identified.then(proceed) : proceed();
      if (!(response instanceof Promise)) inFlight -= 1;
      return response instanceof Promise ? response.finally(leave) : response;
    } catch (error) {
      inFlight -= 1;
      throw error;
    }

    function proceed(): Response | Promise<Response> {
      count?.(request);
      return (handle as Handle)(request);
    }
    function leave(): void {
      inFlight -= 1;
    }
  });
}
