/** Validates values from outside against our schemas. */
import type { Static, TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { Value } from "@sinclair/typebox/value";

/**
 * Returns a function that returns a valid value, and undefined for any other. Unknown properties
 * are dropped: a service may send new fields, and they are not passed on. The schema is compiled on
 * first use.
 */
export function createReader<Schema extends TSchema>(schema: Schema) {
  let compiled: TypeCheck<Schema> | undefined;
  return (value: unknown): Static<Schema> | undefined => {
    compiled ??= TypeCompiler.Compile(schema);
    if (compiled.Check(value)) return value;
    const known = Value.Clean(schema, value);
    return compiled.Check(known) ? known : undefined;
  };
}
export type Reader<Read> = (value: unknown) => Read | undefined;
