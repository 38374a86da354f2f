/**
 * Runs before every test file. On a fresh clone it installs what the tests import, and runs them again
 * in a process of their own: this one has looked for the packages already, in vain.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");

if (!existsSync(join(root, "node_modules", "elysia"))) {
  const install = Bun.spawnSync([process.execPath, "install", "--frozen-lockfile"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (install.exitCode !== 0) process.exit(install.exitCode ?? 1);
  const tests = Bun.spawnSync([process.execPath, "test", ...process.argv.slice(2)], {
    cwd: process.cwd(),
    stdio: ["inherit", "inherit", "inherit"],
  });
  process.exit(tests.exitCode ?? 1);
}
