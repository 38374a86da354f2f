import { expect, test } from "bun:test";

import { present } from "./present.ts";

test("a value has the fields that are there, in their order, and none that is undefined", () => {
  const value = present<{ a: number; b?: string; c: null; d?: number }>({
    a: 0,
    b: undefined,
    c: null,
    d: 4,
  });
  expect(Object.entries(value)).toEqual([
    ["a", 0],
    ["c", null],
    ["d", 4],
  ]);
});
