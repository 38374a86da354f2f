/** For tests: what causes the failures of the service's own, by operation and code. */
import type { Provocations } from "../platform/testing.ts";

const TAKEN = { body: { name: "Alice", email: "alice@example.com" } };

export const provocations: Provocations = {
  createUser: {
    email_taken: TAKEN,
    user_exists: { sub: "1" },
    subject_unusable: { sub: "no id" },
  },
  updateUser: { email_taken: TAKEN },
};
