/** The services that stand on this platform together, as the list at the top names them. */

export interface ServiceEntry {
  /** The name of its folder, its executable, and the tag of its routes. */
  readonly name: string;
  /** The default of `PORT`. */
  readonly port: number;
  /** The names of the services that it calls. */
  readonly calls: readonly string[];
  /** What the scopes `NAME:read` and `NAME:write` allow, for whoever authorizes a program. */
  readonly allows: { readonly read: string; readonly write: string };
}

/** All services, each after those that it calls. */
export type Family = readonly ServiceEntry[];

/** All services that others call, without duplicates. */
export function calleesOf(family: Family): string[] {
  return [...new Set(family.flatMap(({ calls }) => calls))];
}

/** The default URL of a service: on the same machine, at its default port. */
export function defaultUrlOf(family: Family, name: string): string {
  const entry = family.find((one) => one.name === name);
  if (!entry) throw new Error(`${name} is not in the list of the services`);
  return `http://localhost:${entry.port}`;
}
