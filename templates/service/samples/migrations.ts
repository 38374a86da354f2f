import { idempotencyKeys, type Migration } from "../platform/service.ts";
import samples from "./migrations/0001_samples.sql" with { type: "text" };
import tags from "./migrations/0003_tags.sql" with { type: "text" };

/** In order of `version`. Never edit a released migration. */
export const migrations: readonly Migration[] = [
  { version: 1, name: "samples", sql: samples, admitsFrom: 1 },
  { version: 2, name: "idempotency_keys", sql: idempotencyKeys, admitsFrom: 1 },
  { version: 3, name: "tags", sql: tags, admitsFrom: 1 },
];
