/** Builds contract values field by field: forgetting one does not compile. */

/** Every field of a type; an optional field is present as `undefined`. */
export type Every<Type> = {
  [Name in keyof Type]-?: object extends Pick<Type, Name> ? Type[Name] | undefined : Type[Name];
};

/**
 * Returns a value of a contract type, without the fields that are `undefined`.
 *
 * An object literal that omits an optional field compiles, so a store could accept the field,
 * respond 201 and drop it. Here every field must be named.
 *
 * @example present<Order>({ id, user_id, amount, currency, status, note: note ?? undefined, ... })
 */
export function present<Type extends object>(fields: Every<Type>): Type {
  // Most values have all fields, and this runs for every row that is read.
  for (const name in fields) if (fields[name] === undefined) return withoutAbsent(fields) as Type;
  return fields as Type;
}

function withoutAbsent<Fields extends object>(fields: Fields): Partial<Fields> {
  const value: Partial<Fields> = {};
  for (const name in fields) if (fields[name] !== undefined) value[name] = fields[name];
  return value;
}

/**
 * Takes the rest of a contract value after destructuring its fields. Does not compile if a field is
 * left.
 *
 * @example const { name, email, ...rest } = patch; nothingLeft(rest);
 */
export function nothingLeft(_rest: Record<string, never>): void {}
