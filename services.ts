/**
 * The services, each after those that it asks. Whatever has to know them all reads this list and names
 * none itself. It imports nothing, so it can be read before a package is installed.
 */

export interface ServiceEntry {
  /** Its folder, its executable, and the tag of its routes. */
  name: ServiceName;
  /** Where it listens unless `PORT` says otherwise. */
  port: number;
  /** The services that it calls; in `NAME_URL` it is told where each of them is. */
  asks: readonly ServiceName[];
}

const LIST = [
  { name: "users", port: 8080, asks: [] },
  { name: "orders", port: 8081, asks: ["users"] },
] as const;

export type ServiceName = (typeof LIST)[number]["name"];

/** The services that this one asks. */
export type AskedBy<Name extends ServiceName> = Extract<
  (typeof LIST)[number],
  { name: Name }
>["asks"][number];
export type Asked = AskedBy<ServiceName>;

export const SERVICES: readonly ServiceEntry[] = LIST;

/** Those that others ask, once each. */
export const ASKED: readonly Asked[] = [...new Set(LIST.flatMap(({ asks }) => asks))];

/** The scopes of whoever may do all that can be done with what is the caller's own. */
export const OWN_SCOPES = SERVICES.flatMap(({ name }) => [`${name}:read`, `${name}:write`]);

/** Words as a sentence lists them: `users and orders`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.join(", ").replace(/, ([^,]*)$/, " and $1");
}

/** So wide is a column of names. */
export const NAME_WIDTH = Math.max(...SERVICES.map(({ name }) => name.length));

/** Returns the service with this name, of which there is one. */
export function serviceNamed(name: ServiceName): ServiceEntry {
  return SERVICES.find((service) => service.name === name) as ServiceEntry;
}

/** Where a service is on a machine that runs them all and says nothing else. */
export function defaultUrlOf(name: ServiceName): string {
  return `http://localhost:${serviceNamed(name).port}`;
}

/** The variable in which another service is told where this one is: `USERS_URL`. */
export function urlVariableOf(name: ServiceName): `${Uppercase<ServiceName>}_URL` {
  return `${name.toUpperCase() as Uppercase<ServiceName>}_URL`;
}
