/** A value that is there, or one that will be. */
export type MaybePromise<Value> = Value | Promise<Value>;

/**
 * Goes on with a value: at once if it is there, when it arrives if it is a promise.
 *
 * `await` would take a turn of the event loop's queue for what is there already, and so would every
 * caller that awaits the result. Between the server and a row in SQLite there is no promise at all, which
 * is worth a tenth to a fifth of a read; docs/performance.md has the figures.
 *
 * @throws what `next` throws, if the value is there; otherwise the promise is rejected with it
 */
export function andThen<Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
