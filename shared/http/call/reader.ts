/** Values of others, read by a schema of ours. */
import type { Static, TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { Value } from "@sinclair/typebox/value";

/**
 * A function that returns a value which fits the schema, and `undefined` for any other. What the schema
 * does not name is dropped: a service that sends a field more than before is no fault, and the field is
 * not handed on. The schema is compiled at the first use.
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
