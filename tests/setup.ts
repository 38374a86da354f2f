/**
 * Runs before every test file. If a package is missing or has another version, as on a fresh clone
 * or after a pull, it installs the packages and runs the tests again in a new process, because this
 * one may already have failed to find them.
 */
import { existsSync, readFileSync } from "node:fs";

import { install, isInstalled, judge, say } from "../prepare.js";

const fault = judge(Bun.version, "test");
if (fault) {
  say(fault);
  process.exit(1);
}
if (!isInstalled()) {
  if (!install(process.execPath)) process.exit(1);
  const tests = Bun.spawnSync([process.execPath, "test", ...filters()], {
    cwd: process.cwd(),
    stdio: ["inherit", "inherit", "inherit"],
  });
  process.exit(tests.exitCode ?? 1);
}

/** The arguments after `bun test`, which only /proc has; none on other systems. */
function filters(): string[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  const words = readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(0, -1);
  return words.slice(words.indexOf("test") + 1);
}
