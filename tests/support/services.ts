/** All services, for tests that loop over them. */
import { join } from "node:path";

import type { Service, ServiceSchema } from "../../platform/command/service.ts";
import { type ServiceName, SERVICES } from "../../services.ts";
import { ROOT } from "./folders.ts";

/** In the order of the list: each service after those that it calls. */
export const NAMES = SERVICES.map(({ name }) => name);

/** For tests of what all services do alike: one that calls no other. */
export const [FIRST = expectServices()] = NAMES;

function expectServices(): never {
  throw new Error("services.ts lists no service");
}

/** The definition of a service in its `service.ts`. */
export async function definitionOf(name: ServiceName): Promise<Service<ServiceSchema>> {
  const { service } = (await import(join(ROOT, name, "service.ts"))) as {
    service: Service<ServiceSchema>;
  };
  return service;
}

/** The definitions of all services, in the order of the list. */
export function definitions(): Promise<Service<ServiceSchema>[]> {
  return Promise.all(NAMES.map(definitionOf));
}

/** A value for each service. */
export async function forEach<Value>(
  make: (name: ServiceName) => Value | Promise<Value>,
): Promise<Record<ServiceName, Value>> {
  const made = {} as Record<ServiceName, Value>;
  for (const name of NAMES) made[name] = await make(name);
  return made;
}
