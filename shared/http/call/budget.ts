/**
 * A budget of retries: when everything fails, they must not multiply what a service is asked.
 * (https://finagle.github.io/blog/2016/02/08/retry-budgets/)
 */
import { type Clock, systemClock } from "./clock.ts";

export interface BudgetOptions {
  /** How many tokens there are at the start, and at most. A retry takes one. Default: 10 */
  tokensMax?: number;
  /** What a call adds. Default: 0.1, so that one call in ten may be tried again */
  tokensPerCall?: number;
  /** What comes by itself, for a service that is seldom called. Default: 3 */
  tokensPerSecond?: number;
  /** Default: the clock of the system */
  clock?: Clock;
}

/** Of N calls in T seconds at most N/10 + 10 + 3T are retries. */
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
    /** Takes a token for a retry, if there is one. */
    take(): boolean {
      add(0);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    /** How many there are. */
    tokens(): number {
      add(0);
      return tokens;
    },
  };
}
export type Budget = ReturnType<typeof createBudget>;
