/** The table `users`. A user owns itself. */
import { table } from "../platform/index.ts";
import type { User } from "../shared/types.ts";

export const USERS = table<User>(
  "users",
  ({ text, instant }) => ({
    id: text,
    name: text,
    email: text,
    created_at: instant,
    updated_at: instant,
  }),
  { owner: "id" },
);
