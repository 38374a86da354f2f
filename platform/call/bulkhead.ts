/**
 * A bulkhead: limits the concurrent calls of one service, so that a slow one does not use all
 * resources.
 */
import type { Part, PartOptions } from "./call.ts";
import { CallError } from "./error.ts";

/** The most calls in flight: a quarter of those that Bun's `fetch` makes at once in a process. */
export const CALLS_MAX = 64;

export interface BulkheadOptions extends PartOptions {
  /** Calls in flight. Default: {@link CALLS_MAX} */
  callsMax?: number;
  /** Queued calls, first in, first out. Default: 64 */
  waitingMax?: number;
}

/**
 * Calls beyond both limits fail immediately. A queued call that ends frees its place in the queue.
 */
export function createBulkhead({
  callsMax = CALLS_MAX,
  waitingMax = 64,
  failures,
  events = {},
}: BulkheadOptions) {
  let running = 0;
  const queue = new Set<() => void>();

  /** Hands the place to the first call in the queue, so that a new call cannot overtake it. */
  function leave(): void {
    const [next] = queue;
    if (next === undefined) running -= 1;
    else {
      queue.delete(next);
      next();
    }
  }

  const run: Part = async (task, call) => {
    if (running < callsMax) running += 1;
    else if (queue.size < waitingMax) {
      await call.wait((enter) => {
        queue.add(enter);
        return () => queue.delete(enter);
      });
    } else {
      events.refused?.("bulkhead");
      const cause = new Error(`${running} calls in flight and ${queue.size} waiting`);
      throw new CallError(failures.unavailable, { kind: "unsent", cause });
    }
    try {
      return await task(call);
    } finally {
      leave();
    }
  };

  return { run, running: () => running, waiting: () => queue.size };
}
