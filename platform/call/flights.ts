/** Single flight: concurrent calls with the same key share one call. */
import { Call } from "./call.ts";

interface Flight<Result> {
  call: Call;
  result: Promise<Result>;
  /** How many callers wait for it. */
  waiting: number;
}

export function createFlights<Result>() {
  const flights = new Map<string, Flight<Result>>();

  function begin(key: string, start: (call: Call) => Promise<Result>): Flight<Result> {
    const call = new Call();
    const result = start(call).finally(() => end(key, flight));
    const flight = { call, result, waiting: 0 };
    flights.set(key, flight);
    return flight;
  }

  function end(key: string, flight: Flight<Result>): void {
    if (flights.get(key) === flight) flights.delete(key);
  }

  function leave(key: string, flight: Flight<Result>): void {
    flight.waiting -= 1;
    if (flight.waiting > 0) return;
    // A new caller must not join a call that is about to end.
    end(key, flight);
    flight.call.end(new Error("No caller is waiting any more"));
  }

  return {
    /**
     * Waits for the call with this key, which `start` begins if there is none. The signal ends only
     * this wait, with its reason. The call continues for the others, and ends when none is left.
     */
    join(
      key: string,
      signal: AbortSignal,
      start: (call: Call) => Promise<Result>,
    ): Promise<Result> {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const flight = flights.get(key) ?? begin(key, start);
        flight.waiting += 1;
        const abandon = () => {
          leave(key, flight);
          reject(signal.reason);
        };
        const settled = () => signal.removeEventListener("abort", abandon);
        signal.addEventListener("abort", abandon, { once: true });
        flight.result.finally(settled).then(resolve, reject);
      });
    },
    has: (key: string) => flights.has(key),
  };
}
