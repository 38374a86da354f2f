/**
 * The kinds and formats of the contract: checks that JSON Schema expresses but TypeBox does not
 * make.
 */
import {
  FormatRegistry,
  Kind,
  type StringOptions,
  type TSchema,
  type TString,
  Type,
  TypeRegistry,
} from "@sinclair/typebox";

// Text without control characters, line separators and lone surrogates, which JSON, UTF-8 or Postgres
// cannot carry unchanged. At least one character is not white space.
const PRINTABLE =
  "^(?=.*\\S)(?:[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff])*$";

/**
 * As much of it as every engine can check, without a look-ahead, `\u` or `\d`; `x-printable` stands
 * for the rest, which the descriptions say in words.
 */
const PORTABLE = "^ *[^ \\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$";

// JSON Schema counts characters, TypeBox counts UTF-16 units: an emoji has two. Counting is slow,
// and most texts are too short or too long, or neither, without counting.
const printable = new RegExp(PRINTABLE);
function isPrintable({ minLength = 0, maxLength = Infinity }: TString, value: unknown): boolean {
  if (typeof value !== "string" || value.length < minLength) return false;
  if (value.length < 2 * minLength && Array.from(value).length < minLength) return false;
  if (value.length > 2 * maxLength) return false;
  if (value.length > maxLength && Array.from(value).length > maxLength) return false;
  return printable.test(value);
}

// Unicode's ignorable characters are joiners, bidi marks, fillers, variation selectors and tags. The
// others are a filler, marks of annotations, hieroglyphs and notes, and Braille without dots.
const VISIBLE =
  /[^\u{16fe4}\s\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb\u{13430}-\u{1343f}\u{1d159}]/u;

TypeRegistry.Set<TString>("Text", (schema, value) => {
  return isPrintable(schema, value) && VISIBLE.test(value as string);
});
TypeRegistry.Set<TString>("StoredText", isPrintable);

/** A line of printable text with at least one character that can be seen. */
export function Text(options: StringOptions) {
  const rules = { type: "string", pattern: PORTABLE, "x-printable": true };
  return Type.Unsafe<string>({ [Kind]: "Text", ...rules, ...options });
}

/** The same in a response: texts of invisible characters were accepted once, and can still be read. */
export function stored<Schema extends TSchema>(text: Schema): Schema {
  return { ...text, [Kind]: "StoredText" };
}

// The pattern checks the form of a time; this checks that the time exists. Elysia's own check of
// the format also tries other notations, for every time in every response.
FormatRegistry.Set("date-time", (text) => !Number.isNaN(Date.parse(text)));
FormatRegistry.Set("uri-reference", (text) => URL.canParse(text, "http://localhost"));

/** What each further kind expects, in words, for the errors of values that do not match it. */
export const KIND_WORDS = new Map<unknown, string>();
