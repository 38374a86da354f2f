import { expect, test } from "bun:test";

import { overload } from "./overload.ts";

test("A service that is asked five times what it can do refuses the rest with Retry-After, and its probes never", async () => {
  const { statuses, health } = await overload(2);
  expect(Object.keys(statuses).toSorted()).toEqual(["200", "503"]);
  expect(statuses["503"]).toBeGreaterThan(statuses["200"] ?? 0);
  expect(Object.keys(health)).toEqual(["200"]);
}, 60_000);
