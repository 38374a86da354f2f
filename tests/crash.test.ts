import { expect, test } from "bun:test";

import { crash, drawSeed } from "./crash.ts";

test.each([
  ["sqlite", 4, "the service"],
  ["postgres", 2, "server and service"],
] as const)(
  "on %s, every acknowledged order is there exactly once after %i kills of %s",
  async (engine, kills) => {
    const report = await crash({ engine, kills, seed: drawSeed() });
    expect(report).toMatchObject({ kills, missing: [], doubled: [], unasked: [], integrity: "ok" });
    expect(report.acknowledged).toBeGreaterThan(kills);
  },
  60_000,
);
