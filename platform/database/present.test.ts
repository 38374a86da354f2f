import { expect, test } from "bun:test";

import { present } from "./present.ts";

test("JSON leaves out the fields of present that are undefined", () => {
  const value = present<{ a: number; b?: string; c: null; d?: number }>({
    a: 0,
    b: undefined,
    c: null,
    d: 4,
  });
  expect(JSON.stringify(value)).toBe('{"a":0,"c":null,"d":4}');
});
