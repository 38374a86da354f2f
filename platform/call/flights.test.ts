import { expect, test } from "bun:test";

import { failureOf, settled } from "../testing/calls.ts";
import type { Call } from "./call.ts";
import { createFlights } from "./flights.ts";

/** Flights that the test ends. */
function airport() {
  const flights = createFlights<string>();
  const started: {
    call: Call;
    land: (what: string) => void;
    crash: (e: Error) => void;
  }[] = [];
  function join(key: string, signal = new AbortController().signal) {
    return flights.join(key, signal, (call) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      started.push({ call, land: resolve, crash: reject });
      call.whenEnded(reject);
      return promise;
    });
  }
  return { flights, started, join };
}

test("Concurrent calls for one key share a flight, and calls for another key do not", async () => {
  const { started, join } = airport();
  const [a, b, other] = [join("1"), join("1"), join("2")];
  expect(started).toHaveLength(2);
  started[0]?.land("user");
  started[1]?.land("another");
  expect(await Promise.all([a, b, other])).toEqual(["user", "user", "another"]);
});

test("After a flight has succeeded or failed, the next call starts a new one", async () => {
  const { flights, started, join } = airport();
  const a = join("1");
  started[0]?.land("first");
  expect(await a).toBe("first");
  expect(flights.has("1")).toBe(false);
  const b = failureOf<Error>(join("1"));
  started[1]?.crash(new Error("No"));
  expect((await b).message).toBe("No");
  void join("1");
  expect(started).toHaveLength(3);
});

test("A canceled caller ends only its own wait, even if it started the flight", async () => {
  const { started, join } = airport();
  const leaving = new AbortController();
  const starter = failureOf<Error>(join("1", leaving.signal));
  const other = join("1");
  const reason = new Error("I am off");
  leaving.abort(reason);
  expect(await starter).toBe(reason);
  expect(started[0]?.call.reason).toBeUndefined();
  started[0]?.land("user");
  expect(await other).toBe("user");
});

test("A flight ends when all callers are canceled, and the next one starts another", async () => {
  const { started, join } = airport();
  const leaving = [new AbortController(), new AbortController()];
  const waits = leaving.map(({ signal }) => failureOf<Error>(join("1", signal)));
  for (const controller of leaving) controller.abort(new Error("Off"));
  expect(started[0]?.call.reason).toBeInstanceOf(Error);
  const late = join("1");
  expect(started).toHaveLength(2);
  await Promise.all(waits);
  await settled();
  started[1]?.land("user");
  expect(await late).toBe("user");
});

test("A caller that is already canceled starts no flight", async () => {
  const { started, join } = airport();
  const reason = new Error("Off");
  expect(await failureOf<Error>(join("1", AbortSignal.abort(reason)))).toBe(reason);
  expect(started).toHaveLength(0);
});
