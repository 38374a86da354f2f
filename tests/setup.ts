/**
 * Runs before every test file. If a package is missing or has another version, as on a fresh clone
 * or after a pull, it installs the packages and runs the tests again in a new process, because this
 * one may already have failed to find them.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { dependencies, devDependencies } from "../package.json";

const root = join(import.meta.dir, "..");

if (!Object.entries({ ...dependencies, ...devDependencies }).every(isInstalled)) {
  const install = Bun.spawnSync([process.execPath, "install", "--frozen-lockfile"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (install.exitCode !== 0) process.exit(install.exitCode ?? 1);
  const tests = Bun.spawnSync([process.execPath, "test", ...filters()], {
    cwd: process.cwd(),
    stdio: ["inherit", "inherit", "inherit"],
  });
  process.exit(tests.exitCode ?? 1);
}

function isInstalled([name, version]: [string, string]): boolean {
  const path = join(root, "node_modules", name, "package.json");
  return existsSync(path) && JSON.parse(readFileSync(path, "utf8")).version === version;
}

/** The arguments after `bun test`, which only /proc has; none on other systems. */
function filters(): string[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  const words = readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(0, -1);
  return words.slice(words.indexOf("test") + 1);
}
