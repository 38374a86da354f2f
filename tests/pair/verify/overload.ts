import { expect, test } from "bun:test";

import { overload } from "../overload.ts";

test("A service under five times its capacity rejects the excess with 503, but never its probes", async () => {
  const { statuses, health } = await overload(2);
  expect(Object.keys(statuses).toSorted()).toEqual(["200", "503"]);
  expect(statuses["503"]).toBeGreaterThan(statuses["200"] ?? 0);
  expect(Object.keys(health)).toEqual(["200"]);
}, 60_000);
