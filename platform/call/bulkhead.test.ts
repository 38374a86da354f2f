import { expect, test } from "bun:test";

import { failureOf, failures, settled } from "../testing/calls.ts";
import { createBulkhead } from "./bulkhead.ts";
import { Call } from "./call.ts";

/** A bulkhead with tasks that the test ends. */
function harbour({ callsMax = 2, waitingMax = 2 } = {}) {
  const refused: string[] = [];
  const events = { refused: (by: string) => void refused.push(by) };
  const bulkhead = createBulkhead({ callsMax, waitingMax, failures, events });
  const begun: string[] = [];
  function enter(name: string, call = new Call()) {
    const end = Promise.withResolvers<string>();
    const outcome = bulkhead.run(() => {
      begun.push(name);
      return end.promise;
    }, call);
    return { outcome, end: () => end.resolve(name), fail: end.reject };
  }
  return { bulkhead, begun, refused, enter };
}

test("The bulkhead runs calls up to its limit, and queues the others in order", async () => {
  const { bulkhead, begun, enter } = harbour();
  const [a, b] = [enter("a"), enter("b")];
  const [c, d] = [enter("c"), enter("d")];
  expect(begun).toEqual(["a", "b"]);
  expect([bulkhead.running(), bulkhead.waiting()]).toEqual([2, 2]);
  b.end();
  await settled();
  expect(begun).toEqual(["a", "b", "c"]);
  a.end();
  await settled();
  expect(begun).toEqual(["a", "b", "c", "d"]);
  c.end();
  d.end();
  expect(await Promise.all([a, b, c, d].map(({ outcome }) => outcome))).toEqual([..."abcd"]);
  expect([bulkhead.running(), bulkhead.waiting()]).toEqual([0, 0]);
});

test("The bulkhead rejects a call immediately if its queue is full", async () => {
  const { begun, refused, enter } = harbour();
  for (const name of "abcd") enter(name);
  const error = await failureOf(enter("e").outcome);
  expect(error).toMatchObject({ status: 503, code: "it_is_away", kind: "unsent" });
  expect(error.headers).toEqual({ "retry-after": "1" });
  expect(begun).toEqual(["a", "b"]);
  expect(refused).toEqual(["bulkhead"]);
});

test("A canceled call leaves the queue immediately, and never starts", async () => {
  const { bulkhead, begun, refused, enter } = harbour();
  const [a] = [enter("a"), enter("b")];
  const leaving = new Call();
  const c = failureOf<Error>(enter("c", leaving).outcome);
  enter("d");
  const reason = new Error("I am off");
  leaving.end(reason);
  expect(bulkhead.waiting()).toBe(1);
  enter("e");
  expect(await c).toBe(reason);
  a?.end();
  await settled();
  expect(begun).toEqual(["a", "b", "d"]);
  expect(refused).toEqual([]);
});

test("A free slot goes to the first call in the queue, not to a new one", async () => {
  const { begun, enter } = harbour({ callsMax: 1 });
  const a = enter("a");
  enter("b");
  void a.outcome.then(() => enter("c"));
  a.end();
  await settled();
  expect(begun).toEqual(["a", "b"]);
});

test("A failed call frees its slot", async () => {
  const { bulkhead, begun, enter } = harbour({ callsMax: 1 });
  const a = enter("a");
  enter("b");
  const reason = new Error("No");
  a.fail(reason);
  expect(await failureOf<Error>(a.outcome)).toBe(reason);
  await settled();
  expect(begun).toEqual(["a", "b"]);
  expect(bulkhead.running()).toBe(1);
});
