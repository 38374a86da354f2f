/** Checks before the body is read: the host, the path, and the memory for the body. */
import { Elysia } from "elysia";

import { type MaybePromise, settling } from "../process/and-then.ts";
import type { HostCheck } from "./allowed-hosts.ts";
import type { BodyBudget } from "./body-budget.ts";
import { pathOf } from "./context.ts";
import { ProblemError } from "./failure.ts";
import { invalidHost, invalidTarget, misdirectedRequest } from "./failures.ts";
import { hasOwnPath } from "./request-target.ts";

/** The failures of every request. */
export const requestFailures = [invalidHost, invalidTarget, misdirectedRequest] as const;

export interface EntranceOptions {
  hostCheck: HostCheck;
  bodies: BodyBudget;
}

type Handle = (request: Request) => MaybePromise<Response>;

/** Rejects requests by throwing; see `app.ts`. Returns no promise if the app returns none. */
export function entrance({ hostCheck, bodies }: EntranceOptions) {
  return new Elysia().wrap((handle: Function) => (request: Request) => {
    if (!hasOwnPath(request)) throw new ProblemError(invalidTarget);
    const host = request.headers.get("host");
    // A request without a server has no host header.
    const refusal = host === null ? undefined : hostCheck(host);
    if (refusal && !(refusal === misdirectedRequest && isProbe(request))) {
      throw new ProblemError(refusal);
    }
    const leave = bodies.enter(request);
    return leave ? settling(() => (handle as Handle)(request), leave) : (handle as Handle)(request);
  });
}

/** Probes use an address as the host, or HTTP/1.0 without a host. */
function isProbe({ url }: Request): boolean {
  return pathOf(url).startsWith("/health/");
}
