import { expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { callConfigOf, callSettingsOf } from "./call-config.ts";
import { readConfig } from "./config.ts";

const Config = Type.Object(callConfigOf("orders"));

test("A call uses the default settings, except those that are set", () => {
  expect(callSettingsOf("users", readConfig(Config, {}))).toEqual({
    baseUrl: "http://localhost:8080",
    timeoutMs: 2_000,
    attemptTimeoutMs: 800,
    cacheTtlMs: 1_000,
    staleMs: 60_000,
    tokenFile: "",
  });
  const environment = { USERS_URL: "http://users", USERS_CACHE_TTL_MS: "0" };
  expect(callSettingsOf("users", readConfig(Config, environment))).toMatchObject({
    baseUrl: "http://users",
    cacheTtlMs: 0,
  });
});

test.each([
  ["USERS_URL", "users:8080"],
  ["USERS_URL", "ftp://users"],
  ["USERS_URL", "http://users/path"],
  ["USERS_TIMEOUT_MS", "0"],
  ["USERS_ATTEMPT_TIMEOUT_MS", "60001"],
  ["USERS_CACHE_TTL_MS", "-1"],
  ["USERS_STALE_MS", "1h"],
])("%s=%s is rejected", (name, value) => {
  expect(() => readConfig(Config, { [name]: value })).toThrow(`${name}: expected`);
});
