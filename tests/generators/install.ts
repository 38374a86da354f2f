/**
 * Installs the packages of this folder when a test needs them. They are apart from those of the
 * project, because they are a third of a gigabyte and nothing else uses them.
 */
import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { command } from "../support/executables.ts";
import { ROOT } from "../support/folders.ts";

export const PACKAGES = join(import.meta.dir, "node_modules");
const DIST = join(ROOT, "dist");
const WAIT_MS_MAX = 300_000;

let installed: Promise<void> | undefined;

/** @throws Error if they cannot be installed: the first time needs the npm registry */
export function installGenerators(): Promise<void> {
  return (installed ??= install());
}

async function install(): Promise<void> {
  // Files of tests/verify run at the same time, and two installations into one folder fail. The
  // lock of a database ends with its process.
  mkdirSync(DIST, { recursive: true });
  using lock = new Database(join(DIST, "generators.lock"));
  lock.run(`PRAGMA busy_timeout = ${WAIT_MS_MAX}`);
  lock.run("BEGIN EXCLUSIVE");
  const { exitCode, stderr } = await command([process.execPath, "install", "--frozen-lockfile"], {
    folder: import.meta.dir,
    environment: process.env as Record<string, string>,
  });
  if (exitCode !== 0) throw new Error(`The packages of tests/generators are missing:\n${stderr}`);
}
