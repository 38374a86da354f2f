/**
 * A retry budget: if everything fails, retries must not multiply the load of a service.
 * (https://finagle.github.io/blog/2016/02/08/retry-budgets/)
 */
import { type Clock, systemClock } from "./clock.ts";

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

/** Of N calls in T seconds, at most N/10 + 10 + 3T are retried. */
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
