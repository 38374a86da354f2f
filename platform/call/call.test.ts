import { describe, expect, test } from "bun:test";

import { failureOf, settled } from "../testing/calls.ts";
import { Call, type Part, pipeline } from "./call.ts";

test("A pipeline runs its parts from the first to the last, and back", async () => {
  const passed: string[] = [];
  const part =
    (name: string): Part =>
    async (task, call) => {
      passed.push(name);
      const result = await task(call);
      passed.push(`/${name}`);
      return result;
    };
  const call = new Call();
  const through = pipeline(part("a"), part("b"), part("c"));
  expect(await through(async (inner) => inner === call, call)).toBe(true);
  expect(passed).toEqual(["a", "b", "c", "/c", "/b", "/a"]);
});

test("A pipeline without parts runs only the task", async () => {
  expect(await pipeline()(async () => "done", new Call())).toBe("done");
});

describe("A call", () => {
  test("waits until it is resumed", async () => {
    const call = new Call();
    const { promise, resolve: begun } = Promise.withResolvers<() => void>();
    let undone = 0;
    const wait = call.wait((resume) => {
      begun(resume);
      return () => void (undone += 1);
    });
    const resume = await promise;
    resume();
    await wait;
    call.end(new Error("Off"));
    expect(undone).toBe(0);
  });

  test("stops waiting when it ends, and fails with the first reason", async () => {
    const call = new Call();
    let undone = 0;
    const wait = failureOf<Error>(call.wait(() => () => void (undone += 1)));
    const reason = new Error("Off");
    call.end(reason);
    call.end(new Error("Again"));
    expect(await wait).toBe(reason);
    expect(call.reason).toBe(reason);
    expect(undone).toBe(1);
  });

  test("does not start to wait after it has ended", async () => {
    const call = new Call();
    const reason = new Error("Off");
    call.end(reason);
    let begun = false;
    const wait = call.wait(() => {
      begun = true;
      return () => {};
    });
    expect(await failureOf<Error>(wait)).toBe(reason);
    expect(begun).toBe(false);
  });

  test("notifies listeners when it ends or has ended, except those that were removed", async () => {
    const call = new Call();
    const told: string[] = [];
    const stay = call.whenEnded(() => told.push("too early"));
    stay();
    call.whenEnded(({ message }) => told.push(message));
    call.end(new Error("Off"));
    call.whenEnded(({ message }) => told.push(`${message} already`));
    await settled();
    expect(told).toEqual(["Off", "Off already"]);
  });
});
