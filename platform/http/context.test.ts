import { expect, test } from "bun:test";

import { contextOf, pathOf } from "./context.ts";

const asked = (headers: Record<string, string> = {}) =>
  new Request("http://localhost/makers/1?limit=2", { headers });

test("A request has exactly one context", () => {
  const request = asked();
  expect(contextOf(request)).toBe(contextOf(request));
  expect(contextOf(asked()).id).not.toBe(contextOf(request).id);
});

test("A request keeps a valid id from its client, and otherwise gets a UUIDv7", () => {
  expect(contextOf(asked({ "x-request-id": "my-id_1.2" })).id).toBe("my-id_1.2");
  for (const id of ["", "a b", "a,b", "x".repeat(129), 'a"b']) {
    expect(contextOf(asked({ "x-request-id": id })).id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7/);
  }
});

test.each([
  ["http://localhost/makers/1?limit=2", "/makers/1"],
  ["http://localhost/", "/"],
  ["http://a:1/x?y=/z", "/x"],
])("The path of %s is %s", (url, path) => {
  expect(pathOf(url)).toBe(path);
});
