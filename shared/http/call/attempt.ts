/** One attempt of a call, with a deadline of its own. */
import type { Call, PartOptions } from "./call.ts";
import { systemClock } from "./clock.ts";
import { CallError } from "./error.ts";

export interface AttemptOptions extends PartOptions {
  /** Of this and what is left of the call the smaller one holds. */
  timeoutMs: number;
}

/**
 * The innermost part: what asks gets a signal that is aborted when the attempt takes too long or the call
 * ends, with what it fails with for the reason.
 */
export function attempt({ timeoutMs, failures, clock = systemClock }: AttemptOptions) {
  return async <Result>(
    ask: (signal: AbortSignal) => Promise<Result>,
    call: Call,
  ): Promise<Result> => {
    const controller = new AbortController();
    const late = () => controller.abort(new CallError(failures.timeout, { way: "late" }));
    const cancel = clock.after(timeoutMs, late);
    const stay = call.whenEnded((reason) => controller.abort(reason));
    try {
      return await ask(controller.signal);
    } finally {
      cancel();
      stay();
    }
  };
}
