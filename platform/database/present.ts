/** Builds contract values field by field: forgetting one does not compile. */

/** Every field of a type; an optional field is present as `undefined`. */
export type Every<Type> = {
  [Name in keyof Type]-?: object extends Pick<Type, Name> ? Type[Name] | undefined : Type[Name];
};

/**
 * Returns a value of a contract type. A field that is `undefined` is absent: JSON leaves it out.
 *
 * An object literal that omits an optional field compiles, so a store could accept the field,
 * respond 201 and drop it. Here every field must be named.
 *
 * @example present<Thing>({ id, name, note: note ?? undefined })
 */
export function present<Type extends object>(fields: Every<Type>): Type {
  return fields as Type;
}

/**
 * Takes the rest of a contract value after destructuring its fields. Does not compile if a field is
 * left.
 *
 * @example const { name, email, ...rest } = patch; nothingLeft(rest);
 */
export function nothingLeft(_rest: Record<string, never>): void {}
