/** Bounds how many concurrent tests run at a time, where each starts processes and two cores have to do. */

/**
 * Returns a function that runs what it is given, at most `places` at a time and in the order in which it
 * was given. The wait counts towards the timeout of a test.
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
