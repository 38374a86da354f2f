/**
 * The door: all that the app of a service imports of the platform. docs/extending.md has a line for
 * each name.
 */
// Routes
export { door } from "./resources/door.ts";
export type { Who } from "./resources/who.ts";
export { created, fail, failure, found } from "./resources/answers.ts";
export { page, type Place, type Stored } from "./resources/answers.ts";
export { responses } from "./resources/responses.ts";
// Stores
export { nothingLeft, table } from "./resources/table.ts";
export { type Database, UniqueViolation } from "./database/database.ts";
export { andThen } from "./process/and-then.ts";
// The app
export { composeApp } from "./command/app.ts";
export { serviceClient } from "./command/client.ts";
export type { Parts } from "./command/service.ts";
export type { Api } from "./resources/api.ts";
