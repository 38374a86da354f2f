import { expect, test } from "bun:test";

import { Kind, type TSchema, Type } from "@sinclair/typebox";

import { KIND_WORDS, Text } from "../contract/schema-kinds.ts";
import { Id } from "../contract/schemas.ts";
import { expectation } from "./expectation.ts";

const Name = Text({ minLength: 1, maxLength: 100 });
const Colour = Type.Unsafe<string>({ [Kind]: "Colour", type: "string", examples: ["red"] });
KIND_WORDS.set("Colour", "the name of a colour");

test.each<[string, TSchema]>([
  ["printable text of 1 to 100 characters, not blank", Name],
  ["text of 1 to 64 characters like 1 or 2", Id],
  [
    "text of 3 characters like ABC",
    Type.String({ minLength: 3, maxLength: 3, pattern: "^[A-Z]{3}$", examples: ["ABC"] }),
  ],
  ["the name of a colour, like red", Colour],
  ["a number from 0 to 9", Type.Number({ minimum: 0, maximum: 9 })],
  [
    "a number from 0 to 9 with two decimal places at most",
    Type.Number({ minimum: 0, maximum: 9, "x-decimal-places": 2 }),
  ],
  ["a, b or c", Type.Union([Type.Literal("a"), Type.Literal("b"), Type.Literal("c")])],
  ["a", Type.Literal("a")],
  ["an object", Type.Object({})],
  ["an object that is not empty", Type.Object({}, { minProperties: 1 })],
  ["a whole number from 1 to 9", Type.Integer({ minimum: 1, maximum: 9 })],
  ["a list of 3 at most", Type.Array(Name, { maxItems: 3 })],
  ["text like a or b", Type.String({ pattern: "[ab]", examples: ["a", "b"] })],
  ["text", Type.String()],
])("A schema is described as %j", (words, schema) => {
  expect(expectation(schema)).toBe(words);
});
