/** Describes in words what a schema expects. */
import { Kind, type TSchema } from "@sinclair/typebox";

import { KIND_WORDS } from "../contract/schema-kinds.ts";

/**
 * Returns a phrase to put after "expected": `a whole number from 1 to 100`. It never shows the
 * value.
 */
export function expectation(schema: TSchema): string {
  const { type, const: only, anyOf, minimum, maximum } = schema;
  const range = minimum === undefined ? "" : ` from ${minimum} to ${maximum}`;
  if (anyOf) return alternatives(anyOf.map(expectation));
  if (only !== undefined) return String(only);
  if (type === "string") return textOf(schema);
  if (type === "integer") return `a whole number${range}`;
  if (type === "number") {
    const places = schema["x-decimal-places"] === 2 ? " with two decimal places at most" : "";
    return `a number${range}${places}`;
  }
  if (type === "array") return `a list of ${schema["maxItems"]} at most`;
  if (type === "object")
    return schema["minProperties"] ? "an object that is not empty" : "an object";
  return String(type);
}

function textOf(schema: TSchema): string {
  const { pattern, minLength, maxLength, examples = [] } = schema;
  const range = minLength === maxLength ? maxLength : `${minLength} to ${maxLength}`;
  const length = maxLength === undefined ? "" : ` of ${range} characters`;
  if (schema[Kind] === "Text" || schema[Kind] === "StoredText")
    return `printable text${length}, not blank`;
  const like = alternatives(examples.map(String));
  const words = KIND_WORDS.get(schema[Kind]);
  if (words !== undefined) return `${words}, like ${like}`;
  return pattern === undefined || !like ? `text${length}` : `text${length} like ${like}`;
}

function alternatives(phrases: readonly string[]): string {
  return phrases.join(", ").replace(/, ([^,]*)$/, " or $1");
}
