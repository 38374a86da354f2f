/** How TypeBox checks what JSON Schema says and it does not: the kinds and formats of the contract. */
import {
  FormatRegistry,
  Kind,
  type StringOptions,
  type TNumber,
  type TString,
  Type,
  TypeRegistry,
} from "@sinclair/typebox";

// Text without control characters or lone surrogates: what neither JSON, UTF-8 nor Postgres can
// carry unchanged. At least one character is not white space.
const PRINTABLE =
  "^(?=.*\\S)(?:[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff])*$";

// JSON Schema counts the characters of a text and TypeBox its UTF-16 units, of which an emoji has two.
// Counting takes long, and what has more than twice the units need not be counted.
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

// The pattern says what a time looks like; left to ask is whether there is such a moment. Elysia's own
// check of the format tries other notations too, for every time in every answer.
FormatRegistry.Set("date-time", (text) => !Number.isNaN(Date.parse(text)));
FormatRegistry.Set("uri-reference", (text) => URL.canParse(text, "http://localhost"));

// JSON Schema's `multipleOf: 0.01` is meant exactly and TypeBox divides in floating point, where
// 0.29 is no multiple. A number is one exactly if it survives the way to hundredths and back.
TypeRegistry.Set("Amount", (schema: TNumber, value) => {
  if (typeof value !== "number") return false;
  const { minimum = -Infinity, maximum = Infinity } = schema;
  return value >= minimum && value <= maximum && Math.round(value * 100) / 100 === value;
});

// The list of ISO 4217 has units of account, metals and codes for tests as well, and an order keeps hundredths.
TypeRegistry.Set("NewCurrency", ({ enum: codes }: { enum: unknown[] }, value) =>
  codes.includes(value),
);
