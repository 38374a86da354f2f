import type { CallError, CallFailures } from "../call/error.ts";
/** Helpers for the tests of the call and of its parts. */
import type { Clock } from "../process/clock.ts";

/** The failures of a service that calls another one. */
export const failures: CallFailures = {
  unavailable: {
    status: 503,
    code: "it_is_away",
    detail: "It is away",
    description: "It is away.",
    header: "Retry-After",
  },
  timeout: { status: 504, code: "it_is_late", detail: "It is late", description: "It is late." },
  badResponse: {
    status: 502,
    code: "it_talks_nonsense",
    detail: "It talks nonsense",
    description: "It talks nonsense.",
  },
};

/** Returns the error that a promise rejects with. Throws if it resolves. */
export async function failureOf<Thrown = CallError>(promise: Promise<unknown>): Promise<Thrown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  if ("value" in outcome)
    throw new Error(`Expected a rejection, got: ${Bun.inspect(outcome.value)}`);
  return outcome.error;
}

/** A clock that a test advances. */
export function createFakeClock() {
  let nowMs = 0;
  const timers = new Set<{ atMs: number; run: () => void }>();
  const clock: Clock = {
    now: () => nowMs,
    after(delayMs, run) {
      const timer = { atMs: nowMs + delayMs, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  return {
    clock,
    /** Number of pending timers. */
    timers: () => timers.size,
    /** Advances the clock: runs due timers in order, and lets promises settle after each. */
    async pass(ms: number) {
      const untilMs = nowMs + ms;
      await settled();
      for (;;) {
        const [next] = [...timers].toSorted((a, b) => a.atMs - b.atMs);
        if (!next || next.atMs > untilMs) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
        await settled();
      }
      nowMs = untilMs;
    },
  };
}

/** Resolves when all pending promises have settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
