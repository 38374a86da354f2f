/** Values of the contract, made field by field: one that is forgotten does not compile. */

/** Every field of a type; an optional one is `undefined` where it is absent. */
export type Every<Type> = {
  [Name in keyof Type]-?: object extends Pick<Type, Name> ? Type[Name] | undefined : Type[Name];
};

/**
 * Returns a value of a type of the contract, without the fields that are `undefined`.
 *
 * An optional field that is simply left out of an object literal compiles, and a store that forgets it
 * would be sent 201 and drop it. Here every field is named.
 *
 * @example present<Order>({ id, user_id, amount, currency, status, note: note ?? undefined, ... })
 */
export function present<Type extends object>(fields: Every<Type>): Type {
  // Most values lack nothing, and this is done for every row that is read.
  for (const name in fields) if (fields[name] === undefined) return withoutAbsent(fields) as Type;
  return fields as Type;
}

function withoutAbsent<Fields extends object>(fields: Fields): Partial<Fields> {
  const value: Partial<Fields> = {};
  for (const name in fields) if (fields[name] !== undefined) value[name] = fields[name];
  return value;
}

/**
 * Takes what is left of a value of the contract once its fields are taken out: nothing, or it does not
 * compile.
 *
 * @example const { name, email, ...rest } = patch; nothingLeft(rest);
 */
export function nothingLeft(_rest: Record<string, never>): void {}
