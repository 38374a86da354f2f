/**
 * Nothing but their own folders, the lists of services, what is derived from those, and the folders
 * that are about both names `users` or `orders`. So the project loses nothing else with them.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";

import { derivedFiles } from "../../dev/services/derived.ts";
import { pathsOf } from "../../dev/services/edits.ts";
import { SERVICES } from "../../services.ts";
import { ROOT } from "../support/folders.ts";

const PAIR = ["users", "orders"];
const NAMED = new RegExp(`\\b(?:${PAIR.join("|")})(?![a-z])`, "i");

/** What is about both, and goes with them. */
const FOLDERS = ["tests/pair/", "bench/pair/", "demo/"];
/** A service names those that it calls. */
const OF_SERVICES = SERVICES.flatMap(pathsOf);
const LISTS = ["services.ts", "shared/types.ts"];
/** Texts for people, and documents that a command writes. */
const isText = (path: string) => /\.md$|^docs\/|^bun\.lock$/.test(path);

test("The program, its tests and its manifests name neither users nor orders elsewhere", async () => {
  const derived = await derivedFiles();
  const { stdout } = Bun.spawnSync(["git", "ls-files", "-co", "--exclude-standard"], { cwd: ROOT });
  const all = stdout.toString().trimEnd().split("\n");
  const others = all.filter(
    (path) =>
      !FOLDERS.some((folder) => path.startsWith(folder)) &&
      !OF_SERVICES.some((own) => path === own || path.startsWith(`${own}/`)) &&
      !LISTS.includes(path) &&
      !derived.has(path) &&
      !isText(path),
  );
  expect(others.length).toBeGreaterThan(300);
  const naming: string[] = [];
  for (const path of others) {
    const file = Bun.file(join(ROOT, path));
    // A file that is removed, but not yet in a commit, is still in the list.
    if ((await file.exists()) && NAMED.test(await file.text())) naming.push(path);
  }
  expect(naming).toEqual([]);
});
