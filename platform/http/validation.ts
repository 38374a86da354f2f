/** Explains why a value does not match its schema: each field once, in words. */
import { type ValueError, ValueErrorType } from "@sinclair/typebox/errors";

import type { FieldError } from "../contract/schemas.ts";
import { expectation } from "../process/expectation.ts";
import { ProblemError } from "./failure.ts";
import { internal } from "./failures.ts";

/** The maximum number of entries in `errors` of a problem. */
const ERRORS_MAX = 100;
/** Longer pointers are cut off to those of a parent, which say as much. */
const POINTER_LENGTH_MAX = 256;

/** A response that does not match its schema is our own fault; its content must not be revealed. */
export function invalidResponse(errors: Iterable<ValueError>): ProblemError {
  const fields = fieldErrors(errors).map(({ pointer, detail }) => `${pointer}: ${detail}`);
  const cause = new Error(`The response does not match its schema: ${fields.join("; ")}`);
  return new ProblemError(internal, { cause });
}

/** Returns one entry per field: the first error. */
export function fieldErrors(errors: Iterable<ValueError>): FieldError[] {
  const details = new Map<string, string>();
  for (const error of errors) {
    const pointer = shortened(error.path);
    if (details.size === ERRORS_MAX) break;
    if (!details.has(pointer)) details.set(pointer, explain(error));
  }
  return Array.from(details, ([pointer, detail]) => ({ pointer, detail }));
}

function shortened(pointer: string): string {
  let short = pointer;
  while (short.length > POINTER_LENGTH_MAX) short = short.slice(0, short.lastIndexOf("/"));
  return short;
}

function explain({ type, schema, value }: ValueError): string {
  if (type === ValueErrorType.ObjectRequiredProperty) return "Required";
  if (type === ValueErrorType.ObjectAdditionalProperties) return "Unknown name";
  if (Array.isArray(value) && schema.type !== "object") return "Expected one value, not several";
  return `Expected ${expectation(schema)}`;
}
