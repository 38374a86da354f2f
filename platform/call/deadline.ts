/** The deadline of a call, including waits and all attempts. */
import type { Part, PartOptions } from "./call.ts";
import { systemClock } from "./clock.ts";
import { CallError } from "./error.ts";

export interface DeadlineOptions extends PartOptions {
  timeoutMs: number;
}

/** Ends the call `timeoutMs` after it began. */
export function deadline({ timeoutMs, failures, clock = systemClock }: DeadlineOptions): Part {
  return async (task, call) => {
    const now = clock.now();
    call.endsAt = (call.beganAt ?? now) + timeoutMs;
    const late = () => call.end(new CallError(failures.timeout, { kind: "timeout" }));
    const cancel = clock.after(call.endsAt - now, late);
    try {
      return await task(call);
    } finally {
      cancel();
    }
  };
}
