/** The deadlines: of a call, including waits and all attempts, and of one attempt. */
import { systemClock } from "../process/clock.ts";
import type { Call, Part, PartOptions } from "./call.ts";
import { CallError } from "./error.ts";

interface DeadlineOptions extends PartOptions {
  /** For an attempt, the shorter of this and the rest of the call's deadline applies. */
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

/**
 * The innermost part. Its signal is aborted when the attempt times out or the call ends; the reason
 * of the signal is the error to fail with.
 */
export function attempt({ timeoutMs, failures, clock = systemClock }: DeadlineOptions) {
  return async <Result>(
    send: (signal: AbortSignal) => Promise<Result>,
    call: Call,
  ): Promise<Result> => {
    const controller = new AbortController();
    const late = () => controller.abort(new CallError(failures.timeout, { kind: "timeout" }));
    const cancel = clock.after(timeoutMs, late);
    const stopListening = call.whenEnded((reason) => controller.abort(reason));
    try {
      return await send(controller.signal);
    } finally {
      cancel();
      stopListening();
    }
  };
}
