/** Time as the parts of a call measure it; tests have one that stands still. */
export interface Clock {
  /** Milliseconds since some moment: never back, whatever happens to the time of day. */
  now(): number;
  /** Runs it once after so many milliseconds, unless the function that is returned is called before. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
