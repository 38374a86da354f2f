import { expect, test } from "bun:test";

import { comesFrom } from "./status.ts";

test.each([
  ["pending", []],
  ["paid", ["pending"]],
  ["shipped", ["paid"]],
  ["delivered", ["shipped"]],
  ["cancelled", ["pending", "paid"]],
] as const)("An order becomes %s only from %j", (status, from) => {
  expect(comesFrom(status)).toEqual([...from]);
});
