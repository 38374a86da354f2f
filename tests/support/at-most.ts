/** Limits how many concurrent tests run at a time, where each starts processes. */

/**
 * Returns a function that runs tasks in order, at most `places` at a time. The wait counts towards
 * the timeout of a test.
 *
 * @example
 * const inTurn = atMost(4);
 * test.concurrent("starts", () => inTurn(async () => { ... }));
 */
export function atMost(places: number) {
  let free = places;
  const waiting: (() => void)[] = [];
  return async <Result>(run: () => Promise<Result>): Promise<Result> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
