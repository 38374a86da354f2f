import { expect, test } from "bun:test";

import { comesFrom } from "./status.ts";

test.each([
  ["pending", []],
  ["paid", ["pending"]],
  ["shipped", ["paid"]],
  ["delivered", ["shipped"]],
  ["cancelled", ["pending", "paid"]],
] as const)("an order comes to %s from %j", (status, from) => {
  expect(comesFrom(status)).toEqual([...from]);
});
