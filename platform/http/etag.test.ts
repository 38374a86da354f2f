import { expect, test } from "bun:test";

import { admits, entityTag, isNotModified, newRevision, tagsAdmitted } from "./etag.ts";

// The tests of the services cover the use in routes, and the headers that are rejected.

const A = '"101234567890123456789"';
const B = '"298765432109876543210"';

test("A tag differs after each write, also one of a program that does not know revisions", () => {
  const row = { version: 1, revision: newRevision(), updated_at: 5 };
  const old = { ...row, revision: null };
  const tags = [
    row,
    { ...row, version: 2 },
    { ...row, revision: newRevision() },
    old,
    { ...old, version: 2 },
    { ...old, updated_at: 6 },
  ].map(entityTag);
  expect(new Set(tags).size).toBe(tags.length);
  for (const tag of tags) expect(admits(tagsAdmitted(tag), tag)).toBe(true);
});

test.each([
  [undefined, [A, B]],
  ["*", [A, B]],
  [A, [A]],
  [`${A}, ${B}`, [A, B]],
  [`${A}\t,${B}`, [A, B]],
  [`"9", ${B}`, [B]],
  [`W/${A}`, []],
  [`W/${A}, ${B}`, [B]],
  ['"W/101234567890123456789"', []],
  ['"10123456789012345678_"', []],
  ['"1%"', []],
  [`${A.slice(0, -1)},${B.slice(1)}`, []],
  ['"1"', []],
  ['"%"', []],
  ['""', []],
])("If-Match: %s admits the tags %j", (header, admitted) => {
  const tags = tagsAdmitted(header);
  expect([A, B].filter((tag) => admits(tags, tag))).toEqual(admitted);
});

test.each([
  [undefined, false],
  ["*", true],
  [A, true],
  [`W/${A}`, true],
  [`${B}, W/${A}`, true],
  [`${B},${A}`, true],
  [`"a,b" , ${A}`, true],
  [B, false],
  [`"W/${A.slice(1)}`, false],
  [`"W/W/${A.slice(1)}`, false],
  [`"${A.slice(1, -1)},"`, false],
  [`"x,${A.slice(1)}`, false],
  [`${A}x`, false],
  [`w/${A}`, false],
  ['"1"', false],
])("If-None-Match: %s matches the tag: %p", (header, expected) => {
  expect(isNotModified(header, A)).toBe(expected);
});
