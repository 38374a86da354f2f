/** Lets those who waited for the same event continue one after the other. */

/** Waits for the caller's turn. Undefined: it is now. */
export type NextTurn = () => Promise<void> | undefined;

/**
 * Creates a queue in which one caller continues in each turn of the event loop, in order.
 *
 * Promises that wait for one event all continue before the event loop goes on: each of them makes
 * its whole response, and only then is the first one sent. With turns, a response is sent before
 * the next one is made, so a herd needs the memory of one.
 */
export function createTurns(): NextTurn {
  const waiting: (() => void)[] = [];
  let isTaken = false;

  function next(): void {
    const proceed = waiting.shift();
    if (proceed) take(proceed);
    else isTaken = false;
  }

  function take(proceed?: () => void): void {
    isTaken = true;
    setImmediate(next);
    proceed?.();
  }

  return () => {
    if (isTaken) return new Promise((resolve) => waiting.push(resolve));
    take();
    return undefined;
  };
}
