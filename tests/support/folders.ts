/** Where things are: the repository, and folders that go with a test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The top of the repository. */
export const ROOT = join(import.meta.dir, "..", "..");

/** The folders of the services: each has a `main.ts`, as the bench and the demo have, which are none. */
export const SERVICE_FOLDERS = Array.from(new Bun.Glob("*/main.ts").scanSync(ROOT), dirname)
  .filter((folder) => !["bench", "demo"].includes(folder))
  .toSorted();

/** A folder of its own that goes with the test: `using folder = temporaryFolder()`. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "edge-services-"));
  return {
    path,
    [Symbol.dispose]() {
      rmSync(path, { recursive: true, force: true });
    },
  };
}
