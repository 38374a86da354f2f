/**
 * What runs before an app is needed: for `main.ts`, `service.ts`, `config.ts` and `migrations.ts`
 * of a service. It loads neither Elysia nor the database, so that a command starts at once.
 */
// Bun ignores the attribute in `export ... from`.
import idempotencyKeys from "./http/0002_idempotency_keys.sql" with { type: "text" };

export { idempotencyKeys };
export { run } from "./command/cli.ts";
export type { Service } from "./command/service.ts";
export type { Migration } from "./database/database.ts";
export { configOf } from "./process/config.ts";
export { oneOf, text, whole } from "./process/variable.ts";
