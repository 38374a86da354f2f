/** Single flight: concurrent calls with the same key share one call. */
import { Call } from "./call.ts";

interface Flight<Result> {
  call: Call;
  landing: Promise<Result>;
  /** How many callers wait for it. */
  passengers: number;
}

export function createFlights<Result>() {
  const flights = new Map<string, Flight<Result>>();

  function takeOff(key: string, start: (call: Call) => Promise<Result>): Flight<Result> {
    const call = new Call();
    const landing = start(call).finally(() => end(key, flight));
    const flight = { call, landing, passengers: 0 };
    flights.set(key, flight);
    return flight;
  }

  function end(key: string, flight: Flight<Result>): void {
    if (flights.get(key) === flight) flights.delete(key);
  }

  function leave(key: string, flight: Flight<Result>): void {
    flight.passengers -= 1;
    if (flight.passengers > 0) return;
    // A new caller must not join a call that is about to end.
    end(key, flight);
    flight.call.end(new Error("Nobody waits for it any more"));
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
        const flight = flights.get(key) ?? takeOff(key, start);
        flight.passengers += 1;
        const getOff = () => {
          leave(key, flight);
          reject(signal.reason);
        };
        const arrive = () => signal.removeEventListener("abort", getOff);
        signal.addEventListener("abort", getOff, { once: true });
        flight.landing.finally(arrive).then(resolve, reject);
      });
    },
    has: (key: string) => flights.has(key),
  };
}
