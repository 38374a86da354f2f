/** A call to another service, and the interface of its parts. */
import type { Clock } from "../process/clock.ts";
import type { CallFailures } from "./error.ts";
import type { CallEvents } from "./observed.ts";

type Leave = (reason: Error) => void;

/**
 * A call in progress. Every wait goes through it, one at a time, so that the call can end at any
 * moment. (An AbortSignal could do this, but each of its listeners costs as much as all the parts
 * together.)
 */
export class Call {
  /** When the caller began to wait, by the parts' clock. Default: when the first part runs */
  beganAt: number | undefined;
  /** The deadline, in milliseconds of the parts' clock. */
  endsAt = Infinity;
  /** Why it ended early. */
  reason: Error | undefined;
  #leave: Leave | undefined;

  /** Ends the call: its wait is undone, and it fails with the reason. */
  end(reason: Error): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#leave?.(reason);
  }

  /** Calls `leave` when the call ends. Returns the function that cancels this. */
  whenEnded(leave: Leave): () => void {
    if (this.reason !== undefined) leave(this.reason);
    else this.#leave = leave;
    return () => {
      this.#leave = undefined;
    };
  }

  /**
   * Waits until `begin` calls back. If the call ends first, calls the function that `begin`
   * returned to undo it.
   */
  async wait(begin: (resume: () => void) => () => void): Promise<void> {
    if (this.reason !== undefined) throw this.reason;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const undo = begin(resolve);
    const stopListening = this.whenEnded((reason) => {
      undo();
      reject(reason);
    });
    await promise.finally(stopListening);
  }
}

export type Task<Result> = (call: Call) => Promise<Result>;

/** One concern of a call: runs the task now, later, several times, or not at all. */
export type Part = <Result>(task: Task<Result>, call: Call) => Promise<Result>;

/** The options of every part. */
export interface PartOptions {
  failures: CallFailures;
  /** Default: the system clock */
  clock?: Clock;
  /** Default: no events */
  events?: Partial<CallEvents>;
}

/** Composes parts; the first is the outermost. */
export function pipeline(...parts: readonly Part[]): Part {
  return parts.reduceRight<Part>(
    (inner, outer) => (task, call) => outer((call) => inner(task, call), call),
    (task, call) => task(call),
  );
}
