import { expect, test } from "bun:test";

import { ProblemError } from "./failure.ts";
import { decodeCursor, encodeCursor, pageOf } from "./page.ts";

const filter = ["1", undefined];
const position = { createdAt: 1767323045678, id: "019b76da-a800-7000-8000-000000000000" };

function encoded(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString(
    "base64url",
  );
}

test("A cursor decodes to the position of its row", () => {
  expect(decodeCursor(filter, encodeCursor(filter, position))).toEqual(position);
});

test("A missing cursor decodes to a position before every row", () => {
  expect(decodeCursor(filter, undefined).createdAt).toBeLessThan(0);
});

const cursor = encodeCursor(filter, position);
const [tag] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as [string];
test.each([
  ["another filter", encodeCursor(["2", undefined], position)],
  ["a longer filter", encodeCursor(["1", "paid"], position)],
  ["text that is not JSON", encoded("nope")],
  ["no content", ""],
  ["an object", encoded({ tag })],
  ["null", encoded("null")],
  ["no id", encoded([tag, 1])],
  ["a NUL in its id", encoded([tag, 1, "\0"])],
  ["half a surrogate pair in its id", encoded([tag, 1, "\ud800"])],
  ["a list as its id", encoded([tag, 1, ["1"]])],
  ["a time that is too small", encoded([tag, -2, "1"])],
  ["a fractional time", encoded([tag, 1.5, "1"])],
  ["a time that is too large", encoded([tag, 1e300, "1"])],
  ["an extra element", encoded([tag, 1, "1", 1])],
  ["extra white space", encoded(`[ "${tag}",1,"1"]`)],
  ["padding", `${cursor}=`],
  ["the standard alphabet of base64", "+/+/"],
])("A cursor with %s is rejected", (_what, garbled) => {
  expect(() => decodeCursor(filter, garbled)).toThrow(ProblemError);
});

const rows = [1, 2, 3].map((n) => ({ createdAt: n, id: String(n) }));

test("A page has a link to the next one if a row beyond the limit was found", () => {
  const { page, link } = pageOf(rows, {
    limit: 2,
    filter,
    url: "http://x/list?a=b%26c&cursor=old",
  });
  expect(page).toEqual(rows.slice(0, 2));
  const next = encodeCursor(filter, { createdAt: 2, id: "2" });
  expect(link).toBe(`</list?a=b%26c&cursor=${next}>; rel="next"`);
});

test("The last page has no link, full or not", () => {
  for (const limit of [3, 4]) {
    const { page, link } = pageOf(rows, { limit, filter, url: "http://x/list" });
    expect(page).toEqual(rows);
    expect(link).toBeUndefined();
  }
});

test("An empty page has no link", () => {
  expect(pageOf([], { limit: 1, filter, url: "http://x/" })).toEqual({ page: [], link: undefined });
});
