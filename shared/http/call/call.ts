/** A call to another service, and the parts that it passes on its way. */
import type { Clock } from "./clock.ts";
import type { CallFailures } from "./error.ts";

export interface Call {
  /** Aborted when it is not worth going on; its reason is what the call fails with. */
  signal: AbortSignal;
  /** When its time is up, in milliseconds of the clock of the parts. */
  endsAt: number;
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
  /** What a look-up found: a fresh answer, a flight to join, nothing; and then a stale answer for want of a new one. */
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

/**
 * Waits for what `begin` sets going, and no longer than the signal allows: when it is aborted, what was
 * begun is undone by the function that `begin` returned, and the reason of the signal is thrown.
 */
export function waiting<Result>(
  signal: AbortSignal,
  begin: (resolve: (result: Result) => void, reject: (error: unknown) => void) => () => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const leave = () => {
      undo();
      reject(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
    const stay = () => signal.removeEventListener("abort", leave);
    const undo = begin(
      (result) => {
        stay();
        resolve(result);
      },
      (error) => {
        stay();
        reject(error);
      },
    );
  });
}
