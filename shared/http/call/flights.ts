/** One flight a key: calls for the same thing at the same moment are one call. */
import { waiting } from "./call.ts";

interface Flight<Result> {
  landing: Promise<Result>;
  controller: AbortController;
  /** How many wait for it. */
  passengers: number;
}

export function createFlights<Result>() {
  const flights = new Map<string, Flight<Result>>();

  function takeOff(key: string, start: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const controller = new AbortController();
    const landing = start(controller.signal).finally(() => end(key, flight));
    const flight = { landing, controller, passengers: 0 };
    flights.set(key, flight);
    return flight;
  }

  function end(key: string, flight: Flight<Result>): void {
    if (flights.get(key) === flight) flights.delete(key);
  }

  return {
    /**
     * Waits for the flight of this key, which `start` begins if there is none. The signal is the waiting
     * one's and ends his wait alone; the flight, with a signal of its own, goes on for the others and is
     * aborted when none is left.
     */
    join(
      key: string,
      signal: AbortSignal,
      start: (signal: AbortSignal) => Promise<Result>,
    ): Promise<Result> {
      return waiting(signal, (resolve, reject) => {
        const flight = flights.get(key) ?? takeOff(key, start);
        flight.passengers += 1;
        flight.landing.then(resolve, reject);
        return () => {
          flight.passengers -= 1;
          if (flight.passengers > 0) return;
          // Whoever comes now does not board what is about to end.
          end(key, flight);
          flight.controller.abort(new Error("Nobody waits for it any more"));
        };
      });
    },
    has: (key: string) => flights.has(key),
  };
}
