/** Values that may be promises: work that waits only where it has to. */

/** A value, or a promise of one. */
export type MaybePromise<Value> = Value | Promise<Value>;

/**
 * Continues with a value: immediately, or when the promise resolves.
 *
 * `await` would queue a microtask even for a value, and so would every caller that awaits the
 * result. Without any promise between the server and a row in SQLite, a read is a tenth to a fifth
 * cheaper; docs/performance.md has the figures.
 *
 * @throws what `next` throws for a value; for a promise, the result rejects instead
 */
export function andThen<Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/**
 * Does some work, and calls `end` when it has ended: at once, or when its promise settles. `end`
 * gets the error of work that failed, which is thrown on.
 */
export function settling<Value>(
  work: () => MaybePromise<Value>,
  end: (error?: unknown) => void,
): MaybePromise<Value> {
  let value: MaybePromise<Value>;
  try {
    value = work();
  } catch (error) {
    end(error);
    throw error;
  }
  if (!(value instanceof Promise)) {
    end();
    return value;
  }
  return value.then(
    (late) => {
      end();
      return late;
    },
    (error) => {
      end(error);
      throw error;
    },
  );
}
