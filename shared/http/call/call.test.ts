import { expect, test } from "bun:test";

import { failureOf, patient } from "../../../tests/support/calls.ts";
import { type Part, pipeline, waiting } from "./call.ts";

test("a pipeline runs its parts from the first to the last, and back", async () => {
  const passed: string[] = [];
  const part =
    (name: string): Part =>
    async (task, call) => {
      passed.push(name);
      const result = await task({ ...call, endsAt: call.endsAt - 1 });
      passed.push(`/${name}`);
      return result;
    };
  const through = pipeline(part("a"), part("b"), part("c"));
  const left = await through(async ({ endsAt }) => endsAt, { ...patient(), endsAt: 10 });
  expect(left).toBe(7);
  expect(passed).toEqual(["a", "b", "c", "/c", "/b", "/a"]);
});

test("a pipeline without parts is the task alone", async () => {
  expect(await pipeline()(async () => "done", patient())).toBe("done");
});

test("waiting ends with what was begun, and leaves no listener behind", async () => {
  const controller = new AbortController();
  let undone = 0;
  const undo = () => void (undone += 1);
  const { signal } = controller;
  const done = waiting<string>(signal, (resolve) => {
    setImmediate(() => resolve("done"));
    return undo;
  });
  const failed = waiting<string>(signal, (_resolve, reject) => {
    setImmediate(() => reject(new Error("No")));
    return undo;
  });
  expect(await done).toBe("done");
  expect((await failureOf<Error>(failed)).message).toBe("No");
  controller.abort();
  expect(undone).toBe(0);
});

test("waiting ends with the signal, and undoes what was begun once", async () => {
  const controller = new AbortController();
  let undone = 0;
  const wait = failureOf<Error>(waiting(controller.signal, () => () => void (undone += 1)));
  const reason = new Error("Off");
  controller.abort(reason);
  controller.abort(new Error("Again"));
  expect(await wait).toBe(reason);
  expect(undone).toBe(1);
});

test("waiting begins nothing for a signal that is aborted already", async () => {
  const reason = new Error("Off");
  let begun = false;
  const wait = waiting(AbortSignal.abort(reason), () => {
    begun = true;
    return () => {};
  });
  expect(await failureOf<Error>(wait)).toBe(reason);
  expect(begun).toBe(false);
});
