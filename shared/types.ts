/**
 * The wire contract of all services: TypeBox schemas, each with a static type of the same name. Each
 * service has a file of its own.
 *
 * Everything that needs a shape takes it from here: routes validate with it, stores return it,
 * a service validates responses of another one against it, and the OpenAPI documents are generated
 * from it.
 */
export * from "../platform/contract/schemas.ts";
export * from "./amounts.ts";
export * from "./user-id.ts";

export * from "./users.ts";
export * from "./orders.ts";
