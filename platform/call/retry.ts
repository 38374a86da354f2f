/** Retries attempts that failed temporarily, within a budget. */
import { type Clock, systemClock } from "../process/clock.ts";
import type { Part, PartOptions } from "./call.ts";
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

export interface BudgetOptions {
  /** The number of tokens at the start, and the maximum. A retry takes one. Default: 10 */
  tokensMax?: number;
  /** Tokens added by each call. Default: 0.1, so that one call in ten may be retried */
  tokensPerCall?: number;
  /** Tokens added by time, for a service that is rarely called. Default: 3 */
  tokensPerSecond?: number;
  /** Default: the system clock */
  clock?: Clock;
}

/**
 * Creates a retry budget: if everything fails, retries must not multiply the load of a service
 * (https://finagle.github.io/blog/2016/02/08/retry-budgets/). Of N calls in T seconds, at most N/10 + 10 + 3T are retried.
 */
export function createBudget({
  tokensMax = 10,
  tokensPerCall = 0.1,
  tokensPerSecond = 3,
  clock = systemClock,
}: BudgetOptions = {}) {
  let tokens = tokensMax;
  let countedAt = clock.now();

  function add(more: number): void {
    const now = clock.now();
    tokens = Math.min(tokens + more + ((now - countedAt) / 1000) * tokensPerSecond, tokensMax);
    countedAt = now;
  }

  return {
    /** Counts a call. */
    called(): void {
      add(tokensPerCall);
    },
    /** Takes a token for a retry. Returns whether there was one. */
    take(): boolean {
      add(0);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    /** The number of tokens. */
    tokens(): number {
      add(0);
      return tokens;
    },
  };
}
export type Budget = ReturnType<typeof createBudget>;
