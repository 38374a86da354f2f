import { describe, expect, test } from "bun:test";

import { bearerToken, challenge, MALFORMED } from "./bearer.ts";

describe("The bearer token", () => {
  test.each([
    ["Bearer abc", "abc"],
    ["bearer abc", "abc"],
    ["BEARER   abc", "abc"],
    ["Bearer aA0-._~+/==", "aA0-._~+/=="],
  ])("is found in %j", (authorization, token) => {
    expect(bearerToken(new Headers({ authorization }))).toBe(token);
  });

  test.each([
    "Bearer",
    "Bearer ",
    "Bearer a b",
    "Bearer a, Bearer b",
    'Bearer "a"',
    "Bearer a=b",
    "Bearer é",
  ])("is malformed in %j", (authorization) => {
    expect(bearerToken(new Headers({ authorization }))).toBe(MALFORMED);
  });

  test.each(["Basic dXNlcjpwYXNz", "Bearerabc", "abc", "", "Token Bearer abc"])(
    "is missing in %j",
    (authorization) => {
      expect(bearerToken(new Headers({ authorization }))).toBeUndefined();
    },
  );

  test("is missing without the Authorization header", () => {
    expect(bearerToken(new Headers())).toBeUndefined();
  });

  test("is malformed if there are two Authorization headers, which arrive as one", () => {
    const headers = new Headers();
    headers.append("authorization", "Bearer a");
    headers.append("authorization", "Bearer b");
    expect(bearerToken(headers)).toBe(MALFORMED);
  });
});

test("The challenge has the format of RFC 6750", () => {
  expect(challenge("things")).toBe('Bearer realm="things"');
  expect(challenge("things", "invalid_request")).toBe(
    'Bearer realm="things", error="invalid_request"',
  );
  expect(challenge("things", "invalid_token")).toBe('Bearer realm="things", error="invalid_token"');
  expect(challenge("things", "insufficient_scope", "things:read")).toBe(
    'Bearer realm="things", error="insufficient_scope", scope="things:read"',
  );
});
