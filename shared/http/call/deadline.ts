/** The deadline of a call, or of one attempt. */
import type { Part } from "./call.ts";
import { type Clock, systemClock } from "./clock.ts";
import { CallError, type CallFailures } from "./error.ts";

export interface DeadlineOptions {
  timeoutMs: number;
  failures: CallFailures;
  /** Default: the clock of the system */
  clock?: Clock;
}

/**
 * Aborts the task after `timeoutMs`; whatever the task waits for, it has to heed its signal. Of two
 * deadlines, one inside the other, the earlier one holds.
 */
export function deadline({ timeoutMs, failures, clock = systemClock }: DeadlineOptions): Part {
  return async (task, call) => {
    const endsAt = clock.now() + timeoutMs;
    if (call.endsAt <= endsAt) return task(call);
    const controller = new AbortController();
    const follow = () => controller.abort(call.signal.reason);
    if (call.signal.aborted) follow();
    call.signal.addEventListener("abort", follow);
    const cancel = clock.after(timeoutMs, () =>
      controller.abort(new CallError(failures.timeout, { way: "late" })),
    );
    try {
      return await task({ signal: controller.signal, endsAt });
    } finally {
      cancel();
      call.signal.removeEventListener("abort", follow);
    }
  };
}
