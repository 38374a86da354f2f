/**
 * How a change of a JSON Schema (2020-12, as in OpenAPI 3.1) affects the values that match it: more
 * (`wider`), fewer (`narrower`), unknown (`other`), or the same with another `default`.
 */
import { mapValues, type OpenApiDocument, type Schema } from "../../platform/openapi/document.ts";
import { resolve } from "../support/document.ts";

export type Effect = "wider" | "narrower" | "other" | "default";

export interface SchemaChange {
  effect: Effect;
  /** Where in the schema: `/items/email`. */
  pointer: string;
  /** Description of the change. */
  what: string;
  /** Whether a member of an object was added or removed, or may be. */
  member?: "added" | "removed";
  /** Whether the values of an enumeration changed. */
  isEnumeration?: boolean;
}

/** A schema, and the document with the components that it refers to. */
export interface Within {
  schema: Schema | undefined;
  document: OpenApiDocument;
}

/** Keywords that do not affect which values match. */
const ANNOTATIONS = new Set([
  "$comment",
  "$id",
  "deprecated",
  "description",
  "example",
  "examples",
  "externalDocs",
  "title",
  "xml",
]);

/** Keywords that allow more with a larger value (UPPER) or a smaller one (LOWER). */
const UPPER = new Set(["exclusiveMaximum", "maxItems", "maxLength", "maxProperties", "maximum"]);
const LOWER = new Set(["exclusiveMinimum", "minItems", "minLength", "minProperties", "minimum"]);

/** Keywords that other functions of this file compare, such as {@link compareMembers}. */
const COMPOUND = new Set([
  "additionalProperties",
  "allOf",
  "anyOf",
  "const",
  "enum",
  "items",
  "oneOf",
  "properties",
  "required",
  "type",
]);

export function compareSchemas(before: Within, after: Within, pointer = ""): SchemaChange[] {
  const a = resolved(before);
  const b = resolved(after);
  const change = (effect: Effect, what: string): SchemaChange => ({ effect, pointer, what });
  const inside = (one: Within, schema: Schema | undefined): Within => ({ ...one, schema });

  function isSame(one: Schema, other: Schema): boolean {
    return compareSchemas(inside(before, one), inside(after, other)).length === 0;
  }

  /** Compares sets of allowed values or types. */
  function compareSets(was: unknown[] | undefined, is: unknown[] | undefined, what: string) {
    if (Bun.deepEquals(was, is)) return [];
    if (!was || !is) return [change(was ? "wider" : "narrower", `${what} ${was ? "un" : ""}bound`)];
    return [
      ...is
        .filter((one) => !includes(was, one))
        .map((one) => change("wider", `${what} ${JSON.stringify(one)} is new`)),
      ...was
        .filter((one) => !includes(is, one))
        .map((one) => change("narrower", `${what} ${JSON.stringify(one)} is gone`)),
    ];
  }

  function compareKeyword(keyword: string): SchemaChange[] {
    const was = a[keyword];
    const is = b[keyword];
    if (Bun.deepEquals(was, is) || ANNOTATIONS.has(keyword) || COMPOUND.has(keyword)) return [];
    const what = `${keyword} ${show(was)} -> ${show(is)}`;
    if (keyword === "default") return [change("default", what)];
    if (was === undefined) return [change("narrower", what)];
    if (is === undefined) return [change("wider", what)];
    const isLarger = Number(is) > Number(was);
    if (UPPER.has(keyword)) return [change(isLarger ? "wider" : "narrower", what)];
    if (LOWER.has(keyword)) return [change(isLarger ? "narrower" : "wider", what)];
    if (keyword === "multipleOf") {
      if (isMultiple(Number(was), Number(is))) return [change("wider", what)];
      return [change(isMultiple(Number(is), Number(was)) ? "narrower" : "other", what)];
    }
    if (keyword === "uniqueItems") return [change(is ? "narrower" : "wider", what)];
    // It is unknown which of two patterns allows more.
    return [change("other", what)];
  }

  function compareMembers(): SchemaChange[] {
    const was = a.properties ?? {};
    const is = b.properties ?? {};
    return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((name) => {
      const at = { pointer: `${pointer}/${name}` };
      const isRequired = requires(b, name);
      if (!was[name]) {
        const effect = isRequired ? "narrower" : "wider";
        const what = `a new member${isRequired ? ", required" : ""}`;
        return [{ ...at, effect, what, member: "added" } as const];
      }
      if (!is[name]) return [{ ...at, effect: "other", what: "gone", member: "removed" } as const];
      const changes = compareSchemas(
        inside(before, was[name]),
        inside(after, is[name]),
        `${pointer}/${name}`,
      );
      if (requires(a, name) === isRequired) return changes;
      const effect: Effect = isRequired ? "narrower" : "wider";
      return changes.concat({ ...at, effect, what: isRequired ? "required now" : "optional now" });
    });
  }

  /** Pairs equal alternatives; each of the others is new or gone. */
  function compareAlternatives(keyword: "anyOf" | "oneOf"): SchemaChange[] {
    const was = (a[keyword] ?? []) as Schema[];
    const is = (b[keyword] ?? []) as Schema[];
    const added = is.filter((one) => !was.some((other) => isSame(other, one)));
    const removed = was.filter((one) => !is.some((other) => isSame(one, other)));
    if (added.length === 1 && removed.length === 1) {
      return compareSchemas(inside(before, removed[0]), inside(after, added[0]), pointer);
    }
    return [
      ...added.map(() => change(was.length > 0 ? "wider" : "other", `an alternative is new`)),
      ...removed.map(() => change(is.length > 0 ? "narrower" : "other", `an alternative is gone`)),
    ];
  }

  function compareItems(): SchemaChange[] {
    if (!a.items && !b.items) return [];
    if (!a.items || !b.items) return [change(a.items ? "wider" : "narrower", "the items")];
    return compareSchemas(inside(before, a.items), inside(after, b.items), `${pointer}/items`);
  }

  function compareOpenness(): SchemaChange[] {
    const was = a["additionalProperties"] ?? true;
    const is = b["additionalProperties"] ?? true;
    if (Bun.deepEquals(was, is)) return [];
    const what = "other members";
    // What is answered may grow: see `member`.
    if (was === false) return [{ ...change("wider", `${what} are allowed`), member: "added" }];
    if (is === false) return [change("narrower", `${what} are no longer allowed`)];
    return [change(was === true ? "narrower" : is === true ? "wider" : "other", what)];
  }

  const keywords = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [
    ...compareSets(typesOf(a), typesOf(b), "type"),
    ...compareSets(valuesOf(a), valuesOf(b), "value").map((one) =>
      Object.assign(one, { isEnumeration: true }),
    ),
    ...[...keywords].flatMap(compareKeyword),
    ...compareMembers(),
    ...compareItems(),
    ...compareOpenness(),
    ...compareAlternatives("anyOf"),
    ...compareAlternatives("oneOf"),
    ...(Bun.deepEquals(a["allOf"], b["allOf"]) ? [] : [change("other", "allOf")]),
  ];
}

function includes(set: unknown[], one: unknown): boolean {
  return set.some((other) => Bun.deepEquals(one, other));
}

function requires(schema: Schema, name: string): boolean {
  return ((schema["required"] ?? []) as string[]).includes(name);
}

/** The schema that a reference or an `allOf` stands for, with each rule in one spelling. */
function resolved({ schema = {}, document }: Within): Schema {
  const { allOf = [], ...own } = resolve<Schema>(document, schema as Schema);
  const parts = (allOf as Schema[]).map((part) => resolved({ schema: part, document }));
  return spelled(parts.reduce((one, other) => both(one, other, document), own));
}

/** A schema of the values that match both, or, in doubt, still an `allOf`. */
function both(one: Schema, other: Schema, document: OpenApiDocument): Schema {
  const isClash = (keyword: string) =>
    keyword in one &&
    !["properties", "required"].includes(keyword) &&
    !ANNOTATIONS.has(keyword) &&
    !Bun.deepEquals(one[keyword], other[keyword]);
  if (Object.keys(other).some(isClash)) return { allOf: [one, other] };
  const properties = { ...one.properties };
  for (const [name, schema] of Object.entries(other.properties ?? {})) {
    const had = properties[name];
    properties[name] = had ? resolved({ schema: { allOf: [had, schema] }, document }) : schema;
  }
  const required = new Set([one, other].flatMap((part) => (part["required"] ?? []) as string[]));
  return {
    ...one,
    ...other,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.size > 0 && { required: [...required] }),
  };
}

/** Printable text: once a pattern that not every engine reads, now a part of it and `x-printable`. */
export const PRINTABLE = {
  once:
    "^(?=.*\\S)(?:[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ud800-\\udfff]|" +
    "[\\ud800-\\udbff][\\udc00-\\udfff])*$",
  now: "^ *[^ \\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$",
};

/** The amount of a currency without decimal places, which also has the bounds of every amount. */
export const WHOLE = {
  once: { multipleOf: 1 },
  now: { type: "integer", format: "int32", minimum: 1, maximum: 1_000_000_000 },
};

/** A schema with a rule that can be written in two ways, in one of them. */
function spelled(schema: Schema): Schema {
  const { "x-decimal-places": places, "x-printable": isPrintable, ...rest } = schema;
  const { pattern, else: otherwise } = rest as { pattern?: string; else?: Schema };
  if (typeof places === "number") return { ...rest, multipleOf: 10 ** -places };
  if (isPrintable && pattern === PRINTABLE.now) return { ...rest, pattern: PRINTABLE.once };
  if (pattern) return { ...schema, pattern: pattern.replaceAll("\\d", "[0-9]") };
  if (Bun.deepEquals(schema, WHOLE.now)) return WHOLE.once;
  if (!otherwise?.properties) return schema;
  return {
    ...schema,
    else: { ...otherwise, properties: mapValues(otherwise.properties, spelled) },
  };
}

/** The types of a schema; every integer is a number. */
function typesOf(schema: Schema): string[] | undefined {
  const type = schema["type"] as string | string[] | undefined;
  if (type === undefined) return undefined;
  const types = [type].flat();
  return types.includes("number")
    ? [...new Set([...types, "integer"])].toSorted()
    : types.toSorted();
}

function valuesOf(schema: Schema): unknown[] | undefined {
  return schema.const === undefined ? (schema["enum"] as unknown[]) : [schema.const];
}

function isMultiple(one: number, of: number): boolean {
  const times = one / of;
  return Math.abs(times - Math.round(times)) < 1e-9;
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? "none";
}
