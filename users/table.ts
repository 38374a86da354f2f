/** The columns of the table `users`. */
import { table } from "../platform/database/table.ts";

export type UserRow = {
  id: string;
  name: string;
  email: string;
  version: number;
  revision: string | null;
  created_at: number;
  updated_at: number;
};

export const USERS = table<UserRow>("users", {
  id: true,
  name: true,
  email: true,
  version: true,
  revision: true,
  created_at: true,
  updated_at: true,
});
