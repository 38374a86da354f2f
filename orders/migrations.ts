import { idempotencyKeys, type Migration } from "../platform/service.ts";
import orders from "./migrations/0001_orders.sql" with { type: "text" };
import revisions from "./migrations/0003_revisions.sql" with { type: "text" };
import byAge from "./migrations/0004_by_age.sql" with { type: "text" };
import byStatus from "./migrations/0005_by_status.sql" with { type: "text" };

/** In order of `version`. Never edit a released migration. */
export const migrations: readonly Migration[] = [
  { version: 1, name: "orders", sql: orders, admitsFrom: 1 },
  { version: 2, name: "idempotency_keys", sql: idempotencyKeys, admitsFrom: 1 },
  { version: 3, name: "revisions", sql: revisions, admitsFrom: 1 },
  { version: 4, name: "by_age", sql: byAge, admitsFrom: 1, concurrently: true },
  { version: 5, name: "by_status", sql: byStatus, admitsFrom: 1, concurrently: true },
];
