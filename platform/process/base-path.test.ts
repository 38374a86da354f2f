import { expect, test } from "bun:test";

import { ThingsConfig } from "../testing/family.ts";
import { hidesOneOf } from "./base-path.ts";
import { ConfigError, readConfig } from "./config.ts";

test.each([
  "",
  "/shop",
  "/shop/things-api",
  "/a/b/c",
  "/A.b_c~d-0",
  "/...",
  "/.well",
  "/shop/things",
])("BASE_PATH=%j is accepted", (BASE_PATH) =>
  expect(readConfig(ThingsConfig, { BASE_PATH }).BASE_PATH).toBe(BASE_PATH),
);

test.each([
  ["shop", "a slash at the start"],
  ["https://shop.example.com/api", "a slash at the start"],
  ["/", "no slash at the end"],
  ["/shop/", "no slash at the end"],
  ["//shop", "no empty segment"],
  ["/shop//api", "no empty segment"],
  ["/shop api", "only letters, digits"],
  ["/shop/%61pi", "only letters, digits"],
  ["/shop/é", "only letters, digits"],
  ["/shop/:id", "only letters, digits"],
  ["/shop/*", "only letters, digits"],
  ["/shop?a", "only letters, digits"],
  ["/shop#a", "only letters, digits"],
  ["/shop\\api", "only letters, digits"],
  ["/shop\n", "only letters, digits"],
  ["/.", "no segment . or .."],
  ["/shop/..", "no segment . or .."],
  ["/../shop", "no segment . or .."],
  ["/shop/./api", "no segment . or .."],
  ["/things", "a first segment that no route of the service has"],
  ["/things/api", "a first segment that no route of the service has"],
  ["/health", "a first segment that no route of the service has"],
  ["/metrics/x", "a first segment that no route of the service has"],
  ["/swagger", "a first segment that no route of the service has"],
])("BASE_PATH=%j is refused in one line: expected %s", (BASE_PATH, expected) => {
  const read = () => readConfig(ThingsConfig, { BASE_PATH });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(new RegExp(`^BASE_PATH: expected ${RegExp.escape(expected)}[^;\n]*$`));
});

test("A route whose first segment may be anything hides behind every base path", () => {
  expect(hidesOneOf("/shop", ["/things", "/:any/things"])).toBe(true);
  expect(hidesOneOf("/shop", ["/things", "/things/shop", "/shopping", "/"])).toBe(false);
  expect(hidesOneOf("", ["/:any", "/"])).toBe(false);
});
