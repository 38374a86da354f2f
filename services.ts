/**
 * The list of the services, each after those that it calls. Code that needs all services reads this
 * list and names none itself. It imports nothing, so it can be read before packages are installed.
 */

export interface ServiceEntry {
  /** The name of its folder, its executable, and the tag of its routes. */
  name: ServiceName;
  /** The default of `PORT`. */
  port: number;
  /** The services that it calls. `NAME_URL` tells it their URLs. */
  calls: readonly ServiceName[];
  /** What the scopes `NAME:read` and `NAME:write` allow, for whoever authorizes a program. */
  allows: { readonly read: string; readonly write: string };
}

const LIST = [
  {
    name: "users",
    port: 8080,
    calls: [],
    allows: { read: "Read your own user", write: "Create, change and delete your own user" },
  },
  {
    name: "orders",
    port: 8081,
    calls: ["users"],
    allows: { read: "Read your own orders", write: "Create orders for yourself, and cancel them" },
  },
] as const;

export type ServiceName = (typeof LIST)[number]["name"];

export const SERVICES: readonly ServiceEntry[] = LIST;

/** All services that others call, without duplicates. */
export const CALLEES: readonly ServiceName[] = [...new Set(LIST.flatMap(({ calls }) => calls))];

/** The scopes that allow everything with the caller's own resources. */
export const OWN_SCOPES = SERVICES.flatMap(({ name }) => [`${name}:read`, `${name}:write`]);

/** Joins words for a sentence: `users and orders`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.join(", ").replace(/, ([^,]*)$/, " and $1");
}

/** The width of a column of service names. */
export const NAME_WIDTH = Math.max(...SERVICES.map(({ name }) => name.length));

/** Returns the service with this name. */
export function serviceNamed(name: ServiceName): ServiceEntry {
  return SERVICES.find((service) => service.name === name) as ServiceEntry;
}

/** The default URL of a service: on the same machine, at its default port. */
export function defaultUrlOf(name: ServiceName): string {
  return `http://localhost:${serviceNamed(name).port}`;
}

/** The variable that tells other services the URL of this one: `USERS_URL`. */
export function urlVariableOf(name: ServiceName): `${Uppercase<ServiceName>}_URL` {
  return `${name.toUpperCase() as Uppercase<ServiceName>}_URL`;
}
