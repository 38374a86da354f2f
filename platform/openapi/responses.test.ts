import { expect, test } from "bun:test";

import { failure } from "../http/failure.ts";
import { sentenceOf } from "./responses.ts";

const failures = (...descriptions: string[]) =>
  descriptions.map((description) => failure({ status: 400, code: "x", detail: "X", description }));

test.each([
  [["It rains."], "It rains."],
  [["It rains.", "The sun shines."], "It rains, or the sun shines."],
  [
    ["It rains.", "`X` is closed.", "It rains.", "It is night."],
    "It rains, `X` is closed, or it is night.",
  ],
  [["It rains; see X."], "It rains; see X."],
  [
    ["The query does not match its schema.", "It rains.", "A header does not match its schema."],
    "The query or a header does not match its schema, or it rains.",
  ],
])("The failures %j are described in one sentence", (descriptions, sentence) => {
  expect(sentenceOf(failures(...descriptions))).toBe(sentence);
});
