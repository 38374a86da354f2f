/** Generators of values that match a JSON Schema, or nearly match it, derived from the schema. */
import * as fc from "fast-check";

import type { Schema } from "../../platform/openapi/document.ts";

export interface GeneratorOptions {
  /** Whether a value matches a schema. */
  fits(schema: Schema, value: unknown): boolean;
  /** Returns the target of a schema with a `$ref`. Default: schemas have no `$ref` */
  resolve?: (schema: Schema) => Schema;
  /** May replace the values of a referenced schema that is not an object. Default: does not */
  named?: (name: string, values: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>;
}

export type Generators = ReturnType<typeof createGenerators>;

export function createGenerators({
  fits,
  resolve = (schema) => schema,
  named = (_name, values) => values,
}: GeneratorOptions) {
  /** Values that match the schema, with its bounds more often than by chance. */
  function valid(schema: Schema): fc.Arbitrary<unknown> {
    if (schema.$ref === undefined) return validInline(schema);
    const target = resolve(schema);
    if (target.properties) return validInline(target);
    return named(schema.$ref.replace(/^.*\//, ""), validInline(target));
  }

  function validInline(schema: Schema): fc.Arbitrary<unknown> {
    const {
      anyOf,
      const: only,
      enum: all,
      minimum = 0,
      maximum = 0,
      "x-decimal-places": places = 0,
    } = schema as Bounded;
    if (only !== undefined) return fc.constant(only);
    if (all) return fc.constantFrom(...all);
    if (anyOf) return fc.oneof(...anyOf.map(valid));
    if (schema["type"] === "integer") return fc.integer({ min: minimum, max: maximum });
    if (schema["type"] === "number") {
      const steps = 10 ** places;
      return fc.integer({ min: minimum * steps, max: maximum * steps }).map((one) => one / steps);
    }
    if (schema["type"] === "string") return text(schema).filter((one) => fits(schema, one));
    const fields = Object.entries(schema.properties ?? {}).map(
      ([name, field]) => [name, valid(field)] as const,
    );
    const { required: requiredKeys = [], minProperties = 0 } = schema as Bounded;
    return fc
      .record(Object.fromEntries(fields), { requiredKeys, noNullPrototype: true })
      .filter((one) => Object.keys(one).length >= minProperties && upholds(schema, one));
  }

  /** Checks conditions of a schema on several members. */
  function upholds(schema: Schema, value: unknown): boolean {
    const { if: condition, else: otherwise } = schema as Record<string, Schema>;
    return !condition || !otherwise || fits(condition, value) || fits(otherwise, value);
  }

  /** Values that do not match the schema of an object: any, or valid ones with broken parts. */
  function invalid(schema: Schema): fc.Arbitrary<unknown> {
    const { properties = {}, required = [] } = resolve(schema) as Bounded;
    const broken = Object.fromEntries(
      Object.entries(properties).map(([name, field]) => [name, brokenField(field)]),
    );
    const unknown = fc.dictionary(fc.string({ maxLength: 20 }), fc.jsonValue(), { maxKeys: 2 });
    const once = fc.oneof(
      ...Object.entries(broken).map(([name, value]) => ({
        weight: 3,
        arbitrary: value.map((one) => ({ [name]: one })),
      })),
      ...required.map((name) => ({ weight: 1, arbitrary: fc.constant({ [name]: undefined }) })),
      { weight: 1, arbitrary: unknown },
    );
    const often = fc.record({ ...broken }, { requiredKeys: [], noNullPrototype: true });
    const wrong = fc.oneof(
      once,
      once,
      once,
      fc
        .tuple(unknown, often, fc.subarray([...required]))
        .map(([unknown, often, missing]): object =>
          Object.assign(unknown, often, ...missing.map((name) => ({ [name]: undefined }))),
        ),
    );
    return fc
      .oneof(
        { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
        {
          weight: 5,
          arbitrary: fc
            .tuple(valid(schema), wrong)
            .map(([whole, wrong]) => present({ ...(whole as object), ...wrong })),
        },
      )
      .filter((one) => !fits(schema, one));
  }

  function brokenField(field: Schema): fc.Arbitrary<unknown> {
    const {
      type,
      minimum = 0,
      maximum = 0,
      maxLength = 0,
      "x-decimal-places": places = 0,
    } = resolve(field) as Bounded;
    const beyond: Record<string, unknown[]> = {
      string: ["", "\0", "\ud800", "\u2028", "   ", "🦓".repeat(maxLength + 1)],
      number: [minimum - 1, maximum + 1, minimum / 2, minimum + 0.005, 1.005, 1e300, -0],
    };
    const between = fc.integer({ min: 1, max: 1_000 }).map((steps) => (steps + 0.5) / 10 ** places);
    // Values of the right type, because services check the type first.
    return fc
      .oneof(
        { weight: 2, arbitrary: fc.constantFrom(null, ...(beyond[type ?? ""] ?? [])) },
        { weight: type === "number" ? 4 : 0, arbitrary: between },
        { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
      )
      .filter((one) => !fits(field, one));
  }

  return {
    valid,
    invalid,
    any(schema: Schema): fc.Arbitrary<unknown> {
      return fc.oneof(valid(schema), invalid(schema));
    },
  };
}

interface Bounded extends Schema {
  type?: string;
  enum?: unknown[];
  required?: string[];
  minimum?: number;
  maximum?: number;
  "x-decimal-places"?: number;
  maxLength?: number;
  minProperties?: number;
}

/** Removes undefined members, as JSON does. */
function present(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}

const EDGES = ["é", "e\u0301", "🦓", "👩‍👩‍👧", "\u00a0x", "'", '"', "\\", "<b>", "%", "﷽", "\u202e"];

/** Text by its pattern, or any text if it may have any characters that can be printed. */
function text(schema: Schema): fc.Arbitrary<string> {
  const { pattern = "", minLength = 0, maxLength = 100 } = schema as Record<string, never>;
  if (!schema["x-printable"]) {
    return fc.stringMatching(new RegExp(pattern), { maxLength });
  }
  return fc
    .oneof(
      fc.string({ unit: "grapheme", minLength, maxLength: 20 }),
      fc.string({ unit: fc.constantFrom(...EDGES), minLength, maxLength: 20 }),
      fc.constantFrom("a", "🦓").map((one) => one.repeat(maxLength)),
    )
    .filter((one) => !isBlank(one));
}

/** Whether no character of a text can be seen, which its pattern does not say. */
export function isBlank(text: string): boolean {
  return /^[\s\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]*$/u.test(text);
}
