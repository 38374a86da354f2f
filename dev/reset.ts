/** Removes the demo data. */
import { rmSync } from "node:fs";
import { join } from "node:path";

import { ownName, ROOT, type Settings } from "./settings.ts";

/** SQLite's own files beside a database. */
const ENDS = ["", "-wal", "-shm"];

/**
 * Deletes the default database of each service. Returns a sentence for each service with another
 * one, which may hold more than demo data.
 */
export function reset(services: readonly Settings[]): string[] {
  return services.flatMap(({ name, environment }) => {
    const other = ["DATABASE_URL", "DATABASE_URL_FILE"].find((variable) => environment[variable]);
    if (other) {
      return [`the database of ${name} is kept, because ${ownName(name, other)} names it`];
    }
    for (const end of ENDS) rmSync(join(ROOT, "data", `${name}.db${end}`), { force: true });
    return [];
  });
}
