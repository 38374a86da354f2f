/** Retries attempts that failed temporarily. */
import type { Budget } from "./budget.ts";
import type { Part, PartOptions } from "./call.ts";
import { systemClock } from "./clock.ts";
import { isPassing } from "./error.ts";

export interface RetryOptions extends Omit<PartOptions, "failures"> {
  /** The budget of all retries together. */
  budget: Budget;
  /** Whether a retry makes sense at the moment. Default: always */
  mayFollow?: () => boolean;
  /** Default: 3 */
  attemptsMax?: number;
  /** The maximum pause after the first attempt; doubles with each. Default: 100 */
  pauseMs?: number;
  /** From 0 to 1. Default: `Math.random` */
  random?: () => number;
}

/**
 * Retries an idempotent task, after a pause with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/) plus the
 * `Retry-After` of the other service. If the pause would end after the deadline, fails immediately.
 */
export function retry({
  budget,
  mayFollow = () => true,
  attemptsMax = 3,
  pauseMs = 100,
  random = Math.random,
  clock = systemClock,
  events = {},
}: RetryOptions): Part {
  return async (task, call) => {
    budget.called();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await task(call);
      } catch (error) {
        if (attempt === attemptsMax || call.reason !== undefined) throw error;
        if (!isPassing(error) || !mayFollow()) throw error;
        const delayMs = error.retryAfterMs + random() * pauseMs * 2 ** (attempt - 1);
        if (clock.now() + delayMs >= call.endsAt) throw error;
        if (!budget.take()) {
          events.retryRefused?.();
          throw error;
        }
        await call.wait((resume) => clock.after(delayMs, resume));
        events.retried?.();
      }
    }
  };
}
