import { expect, test } from "bun:test";

import { nearest } from "./nearest.ts";

const KNOWN = ["serve", "seed", "migrate", "RATE_LIMIT", "HOST", "AUTH"];

test.each([
  ["srve", "serve"],
  ["sevre", "serve"],
  ["sede", "seed"],
  ["RATE_LIMT", "RATE_LIMIT"],
  ["RATELIMTI", "RATE_LIMIT"],
  ["HSOT", "HOST"],
  ["HOSTS", "HOST"],
  ["AUT", "AUTH"],
])("%s probably means %s", (word, meant) => {
  expect(nearest(word, KNOWN)).toBe(meant);
});

// Each is two mistakes away from a short word.
test.each(["PATH", "HOME", "", "frobnicate", "serving"])("%p means no known word", (word) => {
  expect(nearest(word, KNOWN)).toBeUndefined();
});
