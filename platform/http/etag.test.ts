import { expect, test } from "bun:test";

import { admits, entityTag, isNotModified, versionsAdmitted } from "./etag.ts";

// The tests of the services cover the use in routes, and the headers that are rejected.

test.each([
  [undefined, [1, 2, 12, 23]],
  ["*", [1, 2, 12, 23]],
  ['"1"', [1]],
  ['"1", "23"', [1, 23]],
  ['"1"\t,"2"', [1, 2]],
  ['W/"1"', []],
  ['W/"1", "2"', [2]],
  ['"1,2"', []],
  ['"a"', []],
  ['"%"', []],
  ['""', []],
])("If-Match: %s admits the versions %j", (header, admitted) => {
  const versions = versionsAdmitted(header);
  expect([1, 2, 12, 23].filter((version) => admits(versions, version))).toEqual(admitted);
});

test.each([
  [undefined, false],
  ["*", true],
  ['"7"', true],
  ['W/"7"', true],
  ['"1", W/"7"', true],
  ['"1","7"', true],
  ['"8"', false],
  ['"77"', false],
  ['"1", "2"', false],
])("If-None-Match: %s matches version 7: %p", (header, expected) => {
  expect(isNotModified(header, entityTag(7))).toBe(expected);
});
