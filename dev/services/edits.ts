/** What `new` and `drop` change: the list of services and the contract, by their text. */
import { existsSync } from "node:fs";
import { join } from "node:path";

import type { ServiceEntry } from "../../services.ts";
import { ROOT } from "./derived.ts";

export const LIST = "services.ts";
export const CONTRACT = "shared/types.ts";

/** A mistake of whoever runs the command: one line that says what to do. */
export class Refusal extends Error {}

export const textOf = (path: string) => Bun.file(join(ROOT, path)).text();

/** Replaces the text of a file of the repository. */
export async function edit(path: string, change: (text: string) => string): Promise<void> {
  await Bun.write(join(ROOT, path), change(await textOf(path)));
}

/** The paths of what belongs to a service alone. Some may be missing. */
export function pathsOf({ name, calls }: Pick<ServiceEntry, "name" | "calls">): string[] {
  return [
    name,
    `shared/${name}.ts`,
    `deploy/kubernetes/${name}`,
    `deploy/systemd/edge-${name}@.service`,
    `docs/openapi/${name}.json`,
    `docs/openapi/${name}.d.ts`,
    ...calls.map((callee) => `docs/openapi/${name}-needs-${callee}.json`),
  ];
}

export function exists(path: string): boolean {
  return existsSync(join(ROOT, path));
}

/** The line of the contract that a service has. */
export function exportOf(name: string): string {
  return `export * from "./${name}.ts";\n`;
}

/** The end of the list of services. */
export const LIST_END = "] as const;";

/** Runs a command in the repository. @throws Refusal with its text, if it fails */
export function run(what: string, ...words: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(words, { cwd: ROOT });
  if (exitCode === 0) return stdout.toString();
  throw new Refusal(`${what} failed:\n${stdout.toString()}${stderr.toString()}`.trimEnd());
}

/** Brings what is made of the sources up to date, in processes that read them afresh. */
export function bringUpToDate(): void {
  run("derive", process.execPath, "dev/services/derive.ts");
  run("contract --write", process.execPath, "tests/contract/main.ts", "--write");
}

/** Runs the main function of a script, whose refusals are one line. */
export async function asScript(name: string, main: () => Promise<void>): Promise<never> {
  try {
    await main();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    console.error(`${name}: ${error.message}`);
    process.exit(2);
  }
  process.exit();
}

function isRefusal(error: unknown): error is Error {
  if (error instanceof Refusal) return true;
  return error instanceof TypeError && "code" in error && /PARSE_ARGS/.test(String(error.code));
}

/** @throws Refusal if a file is not as it is in the last commit, which is what brings it back */
export function requireCommitted(): void {
  const changed = run("git status", "git", "status", "--porcelain").split("\n").filter(Boolean);
  if (changed.length === 0) return;
  const first = changed.slice(0, 5).join("\n");
  throw new Refusal(`commit or remove what is not in a commit yet:\n${first}`);
}
