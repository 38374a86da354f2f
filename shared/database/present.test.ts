import { expect, test } from "bun:test";

import { present } from "./present.ts";

test("present returns the fields that are not undefined, in their order", () => {
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
