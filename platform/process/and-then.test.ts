import { expect, test } from "bun:test";

import { settling } from "./and-then.ts";

test("Work that does not wait ends before its value is returned", () => {
  const ends: unknown[] = [];
  const value = settling(
    () => 1,
    (error) => ends.push(error),
  );
  expect([value, ends]).toEqual([1, [undefined]]);
});

test("Work that waits ends once, when its promise settles", async () => {
  const ends: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<number>();
  const value = settling(
    () => promise,
    (error) => ends.push(error),
  );
  expect(ends).toEqual([]);
  resolve(2);
  expect([await value, ends]).toEqual([2, [undefined]]);
});

test.each(["throws", "rejects"])("Work that %s ends once, with its error", async (how) => {
  const ends: unknown[] = [];
  const wrong = new Error("wrong");
  const work = () => {
    if (how === "throws") throw wrong;
    return Promise.reject<number>(wrong);
  };
  const attempt = async () => settling(work, (error) => ends.push(error));
  await expect(attempt()).rejects.toBe(wrong);
  expect(ends).toEqual([wrong]);
});
