/**
 * The kinds and formats of the contract: checks that JSON Schema expresses but TypeBox does not
 * make.
 */
import {
  FormatRegistry,
  Kind,
  type StringOptions,
  type TString,
  Type,
  TypeRegistry,
} from "@sinclair/typebox";

// Text without control characters and lone surrogates, which JSON, UTF-8 or Postgres cannot carry
// unchanged. At least one character is not white space.
const PRINTABLE =
  "^(?=.*\\S)(?:[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff])*$";

// JSON Schema counts characters, TypeBox counts UTF-16 units: an emoji has two. Counting is slow,
// and a text of more than twice the units is too long without counting.
const printable = new RegExp(PRINTABLE);
TypeRegistry.Set("Text", ({ minLength = 0, maxLength = Infinity }: TString, value) => {
  if (typeof value !== "string" || value.length < minLength) return false;
  if (value.length > 2 * maxLength) return false;
  if (value.length > maxLength && Array.from(value).length > maxLength) return false;
  return printable.test(value);
});

/** Printable text. */
export function Text(options: StringOptions) {
  return Type.Unsafe<string>({ [Kind]: "Text", type: "string", pattern: PRINTABLE, ...options });
}

// The pattern checks the form of a time; this checks that the time exists. Elysia's own check of
// the format also tries other notations, for every time in every response.
FormatRegistry.Set("date-time", (text) => !Number.isNaN(Date.parse(text)));
FormatRegistry.Set("uri-reference", (text) => URL.canParse(text, "http://localhost"));

/** What each further kind expects, in words, for the errors of values that do not match it. */
export const KIND_WORDS = new Map<unknown, string>();
