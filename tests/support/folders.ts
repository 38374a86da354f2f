/** Folders of the repository, and temporary folders for tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { atEnd } from "./at-end.ts";

/** The root of the repository. */
export const ROOT = join(import.meta.dir, "..", "..");

/** The folders of the services: all with a `main.ts`, except those of scripts. */
export const SERVICE_FOLDERS = Array.from(new Bun.Glob("*/main.ts").scanSync(ROOT), dirname)
  .filter((folder) => !["bench", "demo", "dev"].includes(folder))
  .toSorted();

/** Creates a folder that is removed after the test: `using folder = temporaryFolder()`. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "tests-"));
  const remove = () => rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  const forget = atEnd(remove);
  return {
    path,
    [Symbol.dispose]() {
      remove();
      forget();
    },
  };
}
