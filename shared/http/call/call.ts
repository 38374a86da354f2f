/** A call to another service, and the parts that it passes on its way. */
import type { Clock } from "./clock.ts";
import type { CallFailures } from "./error.ts";

type Leave = (reason: Error) => void;

/**
 * A call on its way. Whatever has to be waited for is waited for through it, one thing at a time, so that
 * the call can end at any moment. (An AbortSignal would do that, and at each of its listeners costs as
 * much as all the parts together.)
 */
export class Call {
  /** When its time is up, in milliseconds of the clock of the parts. */
  endsAt = Infinity;
  /** Why it has ended before it was done. */
  reason: Error | undefined;
  #leave: Leave | undefined;

  /** Ends the call: what it waits for is left, and it fails with the reason. */
  end(reason: Error): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#leave?.(reason);
  }

  /** Calls `leave` if the call ends, unless it is asked not to any more by the function returned. */
  whenEnded(leave: Leave): () => void {
    if (this.reason !== undefined) leave(this.reason);
    else this.#leave = leave;
    return () => {
      this.#leave = undefined;
    };
  }

  /** Waits until `begin` calls back; when the call ends before, `begin`'s own function undoes it. */
  async wait(begin: (resume: () => void) => () => void): Promise<void> {
    if (this.reason !== undefined) throw this.reason;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const undo = begin(resolve);
    const stay = this.whenEnded((reason) => {
      undo();
      reject(reason);
    });
    await promise.finally(stay);
  }
}

export type Task<Result> = (call: Call) => Promise<Result>;

/** One concern of a call: runs the task now, later, more than once, or not at all. */
export type Part = <Result>(task: Task<Result>, call: Call) => Promise<Result>;

/** What all parts are made with. */
export interface PartOptions {
  failures: CallFailures;
  /** Default: the clock of the system */
  clock?: Clock;
  /** Default: nobody is told */
  events?: Partial<CallEvents>;
}

/** What the parts tell whoever counts and logs. */
export interface CallEvents {
  /** An attempt has ended; `left` if nobody waited for it any more. */
  attempted(outcome: "answered" | "failed" | "left"): void;
  /** A failed attempt is followed by another one. */
  retried(): void;
  /** It would have been, but for the budget. */
  retryRefused(): void;
  /** A call, or an attempt, was not made. */
  refused(by: "bulkhead" | "breaker"): void;
  /** A fresh answer was found, a flight to join, or nothing; and then a stale answer for want of a new one. */
  lookedUp(found: "fresh" | "flight" | "nothing" | "stale"): void;
  /** The breaker has opened or closed. */
  breakerChanged(state: "open" | "closed"): void;
}

/** The parts as one, the first of them outermost. */
export function pipeline(...parts: readonly Part[]): Part {
  return parts.reduceRight<Part>(
    (inner, outer) => (task, call) => outer((call) => inner(task, call), call),
    (task, call) => task(call),
  );
}
