/** A clock with timers; tests use one that stands still. */
export interface Clock {
  /** A monotonic clock, in milliseconds. */
  now(): number;
  /** Runs the function after a delay. Returns the function that cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
