import { expect, test } from "bun:test";

import { createPreciseClock } from "./precise-clock.ts";

const ORIGIN_MS = Date.parse("2026-01-02T03:04:05.678Z");
const SECONDS = Math.floor(ORIGIN_MS / 1_000);

test("The clock has parts of a millisecond, and never goes back", () => {
  const system = { passed: 0.25 };
  const clock = createPreciseClock({
    originMs: ORIGIN_MS,
    monotonic: () => system.passed,
    wall: () => Math.floor(ORIGIN_MS + system.passed),
  });
  expect(clock()).toEqual([SECONDS, 678_250_000]);
  system.passed = 322.5;
  expect(clock()).toEqual([SECONDS + 1, 500_000]);
});

test("The clock follows the system's clock when that was set, and not when it only rounds", () => {
  const system = { passed: 1, wall: ORIGIN_MS };
  const clock = createPreciseClock({
    originMs: ORIGIN_MS,
    monotonic: () => system.passed,
    wall: () => system.wall,
  });
  system.passed = 100.5;
  system.wall += 100;
  expect(clock()).toEqual([SECONDS, 778_500_000]);
  system.wall += 3_600_000;
  expect(clock()).toEqual([SECONDS + 3_600, 778_000_000]);
  system.passed += 0.5;
  expect(clock()).toEqual([SECONDS + 3_600, 778_500_000]);
});

test("The clock of this process agrees with Date.now", () => {
  const [seconds, nanoseconds] = createPreciseClock()();
  expect(Math.abs(seconds * 1_000 + nanoseconds / 1e6 - Date.now())).toBeLessThan(1_000);
});
