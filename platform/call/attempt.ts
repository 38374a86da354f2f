/** One attempt of a call, with its own deadline. */
import type { Call, PartOptions } from "./call.ts";
import { systemClock } from "./clock.ts";
import { CallError } from "./error.ts";

export interface AttemptOptions extends PartOptions {
  /** The shorter of this and the rest of the call's deadline applies. */
  timeoutMs: number;
}

/**
 * The innermost part. Its signal is aborted when the attempt times out or the call ends; the reason
 * of the signal is the error to fail with.
 */
export function attempt({ timeoutMs, failures, clock = systemClock }: AttemptOptions) {
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
