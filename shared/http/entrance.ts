/** What a request is asked before its body is read: is it for us, is its path its own, is there room. */
import { Elysia } from "elysia";

import type { MaybePromise } from "../process/and-then.ts";
import type { HostCheck } from "./allowed-hosts.ts";
import type { BodyBudget } from "./body-budget.ts";
import { pathOf } from "./context.ts";
import { ProblemError } from "./failure.ts";
import { invalidHost, invalidTarget, misdirectedRequest } from "./failures.ts";
import { hasOwnPath } from "./request-target.ts";

/** What any request may be refused with. */
export const requestFailures = [invalidHost, invalidTarget, misdirectedRequest] as const;

export interface EntranceOptions {
  hostCheck: HostCheck;
  bodies: BodyBudget;
}

type Handle = (request: Request) => MaybePromise<Response>;

/**
 * Goes around an app. It refuses by throwing, so what makes failures responses has to be around it; and
 * it makes no promise where the app makes none.
 */
export function entrance({ hostCheck, bodies }: EntranceOptions) {
  return new Elysia().wrap((handle: Function) => (request: Request) => {
    if (!hasOwnPath(request)) throw new ProblemError(invalidTarget);
    const host = request.headers.get("host");
    // Without a server there is none.
    const refusal = host === null ? undefined : hostCheck(host);
    if (refusal && !(refusal === misdirectedRequest && isProbe(request))) {
      throw new ProblemError(refusal);
    }
    const leave = bodies.enter(request);
    return leave ? leaving(leave, () => (handle as Handle)(request)) : (handle as Handle)(request);
  });
}

/** Probes ask by address, and plain checks by HTTP/1.0 without a host. */
function isProbe({ url }: Request): boolean {
  return pathOf(url).startsWith("/health/");
}

/** Calls `leave` once the work is over, however it ends. */
function leaving(leave: () => void, work: () => MaybePromise<Response>) {
  let response: MaybePromise<Response> | undefined;
  try {
    response = work();
    return response instanceof Promise ? response.finally(leave) : response;
  } finally {
    if (!(response instanceof Promise)) leave();
  }
}
