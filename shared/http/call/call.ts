/** A call to another service, and the parts that it passes on its way. */

export interface Call {
  /** Aborted when it is not worth going on; its reason is what the call fails with. */
  signal: AbortSignal;
  /** When its time is up, in milliseconds of the clock of the parts. */
  endsAt: number;
}

export type Task<Result> = (call: Call) => Promise<Result>;

/** One concern of a call: runs the task now, later, more than once, or not at all. */
export type Part = <Result>(task: Task<Result>, call: Call) => Promise<Result>;

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
    const settled =
      <Value>(settle: (value: Value) => void) =>
      (value: Value) => {
        signal.removeEventListener("abort", leave);
        settle(value);
      };
    const undo = begin(settled(resolve), settled(reject));
  });
}
