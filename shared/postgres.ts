import type { Database } from "./database.ts";
export function openPostgres(url: string): Database {
  throw new Error(url);
}
