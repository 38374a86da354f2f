import { expect, test } from "bun:test";

import { MakersConfig, ThingsConfig } from "../testing/family.ts";
import { callSettingsOf } from "./call-variables.ts";
import { readConfig } from "./config.ts";

test("A call uses the default settings, except those that are set", () => {
  expect(callSettingsOf("makers", readConfig(ThingsConfig, {}))).toEqual({
    baseUrl: "http://localhost:7070",
    timeoutMs: 2_000,
    attemptTimeoutMs: 800,
    cacheTtlMs: 1_000,
    staleMs: 60_000,
    tokenFile: "",
  });
  const environment = { MAKERS_URL: "http://makers", MAKERS_CACHE_TTL_MS: "0" };
  expect(callSettingsOf("makers", readConfig(ThingsConfig, environment))).toMatchObject({
    baseUrl: "http://makers",
    cacheTtlMs: 0,
  });
});

test.each(["http://makers", "http://makers/shop/makers-api"])(
  "A call uses the URL %s with a slash at its end or without",
  (MAKERS_URL) => {
    for (const end of ["", "/"]) {
      const config = readConfig(ThingsConfig, { MAKERS_URL: MAKERS_URL + end });
      expect(callSettingsOf("makers", config).baseUrl).toBe(MAKERS_URL);
    }
  },
);

test.each([
  ["MAKERS_URL", "makers:8080"],
  ["MAKERS_URL", "ftp://makers"],
  ["MAKERS_URL", "http://makers/a/../b"],
  ["MAKERS_TIMEOUT_MS", "0"],
  ["MAKERS_ATTEMPT_TIMEOUT_MS", "240001"],
  ["MAKERS_CACHE_TTL_MS", "-1"],
  ["MAKERS_STALE_MS", "1h"],
])("%s=%s is rejected", (name, value) => {
  expect(() => readConfig(ThingsConfig, { [name]: value })).toThrow(`${name}: expected`);
});

test("A service has no settings for a service that it does not call", () => {
  const config = readConfig(MakersConfig, {});
  expect(() => callSettingsOf("things", config)).toThrow("no call to things here");
});
