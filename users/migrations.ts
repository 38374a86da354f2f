import { idempotencyKeys, type Migration } from "../platform/service.ts";
import users from "./migrations/0001_users.sql" with { type: "text" };
import revisions from "./migrations/0003_revisions.sql" with { type: "text" };
import foldedEmails from "./migrations/0004_folded_emails.sql" with { type: "text" };

/** In order of `version`. Never edit a released migration. */
export const migrations: readonly Migration[] = [
  { version: 1, name: "users", sql: users, admitsFrom: 1 },
  { version: 2, name: "idempotency_keys", sql: idempotencyKeys, admitsFrom: 1 },
  { version: 3, name: "revisions", sql: revisions, admitsFrom: 1 },
  { version: 4, name: "folded_emails", sql: foldedEmails, admitsFrom: 1 },
];
