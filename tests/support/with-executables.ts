/** Repeats tests with executables instead of the sources. */
import { expect } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";

import { command, executable } from "./executables.ts";
import { ROOT, temporaryFolder } from "./folders.ts";
import { NAMES } from "./services.ts";

const environment = Object.fromEntries(
  ["PATH", "HOME", "REQUIRE_CHROMIUM"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

/** Expects the tests of these files to pass, and that there are so many. */
export async function expectToPass(files: readonly string[], passesMin: number): Promise<void> {
  using folder = temporaryFolder();
  for (const name of NAMES) copyFileSync(await executable(name), join(folder.path, name));
  const { exitCode, stderr } = await command([process.execPath, "test", ...files], {
    folder: ROOT,
    environment: { ...environment, TEST_EXECUTABLES: folder.path },
  });
  const failed = stderr.split("\n").filter((line) => line.startsWith("(fail)"));
  expect({ exitCode, failed }).toEqual({ exitCode: 0, failed: [] });
  expect(Number(/^ *(\d+) pass$/m.exec(stderr)?.[1])).toBeGreaterThanOrEqual(passesMin);
}
