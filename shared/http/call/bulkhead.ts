/** A bulkhead: a slow service takes some of our places, and never all that we have. */
import type { Part, PartOptions } from "./call.ts";
import { CallError } from "./error.ts";

export interface BulkheadOptions extends PartOptions {
  /** Calls in flight. Default: 64, a quarter of what Bun's `fetch` sends at once in a process */
  callsMax?: number;
  /** Calls that wait for a place, the first in line first. Default: 64 */
  waitingMax?: number;
}

/** Calls beyond its places fail at once; who leaves the line frees his place in it at once. */
export function createBulkhead({
  callsMax = 64,
  waitingMax = 64,
  failures,
  events = {},
}: BulkheadOptions) {
  let running = 0;
  const line = new Set<() => void>();

  /** A place that is left goes to the first in line, so that no newcomer takes it before him. */
  function leave(): void {
    const [next] = line;
    if (next === undefined) running -= 1;
    else {
      line.delete(next);
      next();
    }
  }

  const run: Part = async (task, call) => {
    if (running < callsMax) running += 1;
    else if (line.size < waitingMax) {
      await call.wait((enter) => {
        line.add(enter);
        return () => line.delete(enter);
      });
    } else {
      events.refused?.("bulkhead");
      const cause = new Error(`${running} calls in flight and ${line.size} waiting`);
      throw new CallError(failures.unavailable, { way: "unsent", cause });
    }
    try {
      return await task(call);
    } finally {
      leave();
    }
  };

  return { run, running: () => running, waiting: () => line.size };
}
export type Bulkhead = ReturnType<typeof createBulkhead>;
