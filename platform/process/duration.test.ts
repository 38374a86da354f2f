import { expect, test } from "bun:test";

import { parseDurationSeconds } from "./duration.ts";

test.each([
  ["1s", 1],
  ["90s", 90],
  ["15m", 900],
  ["1h", 3_600],
  ["7d", 604_800],
])("%s is %d seconds", (text, seconds) => {
  expect(parseDurationSeconds(text)).toBe(seconds);
});

test.each(["", "1", "0s", "-1s", "1.5h", "1 h", "1H", "1w", "12345678s", "1h30m"])(
  "%j is not a duration",
  (text) => {
    expect(parseDurationSeconds(text)).toBeUndefined();
  },
);
