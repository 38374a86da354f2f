/** A circuit breaker: stops calling a service that fails, and probes it from time to time. */
import { systemClock } from "../process/clock.ts";
import type { Part, PartOptions } from "./call.ts";
import { CallError, isFault } from "./error.ts";

export interface BreakerOptions extends PartOptions {
  /** The number of latest attempts that are considered. Default: 20 */
  attemptsMax?: number;
  /** The number of attempts required before it can open. Default: 10 */
  attemptsMin?: number;
  /** The share of faults that opens it. Default: 0.5 */
  faultsShare?: number;
  /**
   * The time from opening, and from the start of the last probe, to the next probe. Default: 500
   */
  probeMs?: number;
}

/**
 * While it is open, attempts fail immediately, except one probe at a time. A probe without a fault
 * closes it. Attempts that were abandoned, or started before the last change of state, do not
 * count.
 */
export function createBreaker({
  attemptsMax = 20,
  attemptsMin = 10,
  faultsShare = 0.5,
  probeMs = 500,
  failures,
  clock = systemClock,
  events = {},
}: BreakerOptions) {
  let state: "closed" | "open" = "closed";
  /** Whether each of the latest attempts was a fault, the latest last. */
  let faults: boolean[] = [];
  let changes = 0;
  let isProbing = false;
  let probeAt = 0;

  function change(to: "closed" | "open"): void {
    state = to;
    faults = [];
    changes += 1;
    isProbing = false;
    probeAt = clock.now() + probeMs;
    events.breakerChanged?.(to);
  }

  function learn(isFault: boolean): void {
    if (state === "open") {
      isProbing = false;
      if (!isFault) change("closed");
      return;
    }
    faults.push(isFault);
    if (faults.length > attemptsMax) faults.shift();
    if (!isFault || faults.length < attemptsMin) return;
    const count = faults.filter(Boolean).length;
    if (count >= faults.length * faultsShare) change("open");
  }

  const run: Part = async (task, call) => {
    if (state === "open") {
      const waitMs = probeAt - clock.now();
      if (isProbing || waitMs > 0) {
        events.refused?.("breaker");
        const cause = new Error("The circuit breaker is open");
        throw new CallError(failures.unavailable, { kind: "unsent", retryAfterMs: waitMs, cause });
      }
      isProbing = true;
      probeAt = clock.now() + probeMs;
    }
    const begunAt = changes;
    try {
      const result = await task(call);
      events.attempted?.("answered");
      if (begunAt === changes) learn(false);
      return result;
    } catch (error) {
      const wasAbandoned = !isFault(error) && call.reason !== undefined;
      events.attempted?.(wasAbandoned ? "left" : isFault(error) ? "failed" : "answered");
      if (begunAt === changes) {
        if (!wasAbandoned) learn(isFault(error));
        else if (state === "open") {
          isProbing = false;
          probeAt = clock.now();
        }
      }
      throw error;
    }
  };

  return { run, isOpen: () => state === "open" };
}
