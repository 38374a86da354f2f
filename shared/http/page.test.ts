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

test("a cursor leads back to its row", () => {
  expect(decodeCursor(filter, encodeCursor(filter, position))).toEqual(position);
});

test("no cursor is before every row", () => {
  expect(decodeCursor(filter, undefined).createdAt).toBeLessThan(0);
});

const cursor = encodeCursor(filter, position);
const [tag] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as [string];
test.each([
  ["another filter", encodeCursor(["2", undefined], position)],
  ["a filter with more in it", encodeCursor(["1", "paid"], position)],
  ["no JSON", encoded("nope")],
  ["nothing", ""],
  ["an object", encoded({ tag })],
  ["null", encoded("null")],
  ["no id", encoded([tag, 1])],
  ["an id of NUL, which Postgres does not take", encoded([tag, 1, "\0"])],
  ["an id of half a character", encoded([tag, 1, "\ud800"])],
  ["an id that is a list", encoded([tag, 1, ["1"]])],
  ["a time before all", encoded([tag, -2, "1"])],
  ["a time that is no integer", encoded([tag, 1.5, "1"])],
  ["a time that no integer holds", encoded([tag, 1e300, "1"])],
  ["one element too many", encoded([tag, 1, "1", 1])],
  ["the same in another spelling", encoded(`[ "${tag}",1,"1"]`)],
  ["padding", `${cursor}=`],
  ["the other alphabet of base64", "+/+/"],
])("a cursor of %s is refused", (_what, garbled) => {
  expect(() => decodeCursor(filter, garbled)).toThrow(ProblemError);
});

const rows = [1, 2, 3].map((n) => ({ createdAt: n, id: String(n) }));

test("a page has a link where a row too many was found", () => {
  const { page, link } = pageOf(rows, {
    limit: 2,
    filter,
    url: "http://x/list?a=b%26c&cursor=old",
  });
  expect(page).toEqual(rows.slice(0, 2));
  const next = encodeCursor(filter, { createdAt: 2, id: "2" });
  expect(link).toBe(`</list?a=b%26c&cursor=${next}>; rel="next"`);
});

test("the last page has no link, full or not", () => {
  for (const limit of [3, 4]) {
    const { page, link } = pageOf(rows, { limit, filter, url: "http://x/list" });
    expect(page).toEqual(rows);
    expect(link).toBeUndefined();
  }
});

test("a page of nothing has no link", () => {
  expect(pageOf([], { limit: 1, filter, url: "http://x/" })).toEqual({ page: [], link: undefined });
});
