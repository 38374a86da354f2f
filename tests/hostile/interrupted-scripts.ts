/** The scripts of the repository, interrupted at any moment. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { pick, randomFrom } from "../../shared/database/seed.ts";
import { executables } from "../support/executables.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";

export const name = "interrupted-scripts";
export const description = "A script that is interrupted leaves no process and no file behind";

/** A scale. */
const ROUNDS = 1;
const SCRIPTS_AT_ONCE = 2;
/** By then each of them is in the middle of its work. */
const INTERRUPT_MAX_MS = 2_500;
/** A process that was killed takes a moment to go. */
const GONE_TIMEOUT_MS = 5_000;

const SCRIPTS: readonly string[][] = [
  ["demo/main.ts", "--svg", "demo.svg"],
  ["tests/soak.ts"],
  ["tests/fuzz/main.ts"],
  ["tests/hostile/main.ts", "--only", "half-bodies,user-cache"],
  ["dev.ts"],
];

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  // Or some would be interrupted in nothing but a build.
  await executables();

  async function interrupt([script = "", ...args]: readonly string[]): Promise<void> {
    using folder = temporaryFolder();
    const words = [process.execPath, join(ROOT, script), ...args];
    const child = Bun.spawn(words, {
      cwd: folder.path,
      env: {
        PATH: process.env["PATH"],
        TMPDIR: folder.path,
        USERS_PORT: "0",
        ORDERS_PORT: "0",
        USERS_DATABASE_URL: "sqlite://:memory:",
        ORDERS_DATABASE_URL: "sqlite://:memory:",
      },
      stdio: ["ignore", "ignore", "ignore"],
      // In a process group of its own, as at a terminal.
      detached: true,
    });
    await Bun.sleep(random() * INTERRUPT_MAX_MS);
    const family = descendantsOf(child.pid);
    const signal = pick(random, ["SIGINT", "SIGTERM", "SIGHUP"] as const);
    // Ctrl-C is for the group; `kill` and a supervisor mean the script alone.
    const isGroup = random() < 0.5;
    process.kill(isGroup ? -child.pid : child.pid, signal);
    const until = performance.now() + GONE_TIMEOUT_MS;
    while (family.some(isRunning) && performance.now() < until) await Bun.sleep(20);
    attempted();
    const what = `${script}, ${signal} to ${isGroup ? "its group" : "itself"}`;
    const left = family.filter(isRunning);
    expect(left.length === 0, "processes are left", `${what}: ${left.map(commandOf).join("; ")}`);
    for (const pid of left) process.kill(pid, "SIGKILL");
    const files = readdirSync(folder.path);
    expect(files.length === 0, "files are left", `${what}: ${files.join()}`);
  }

  for (let round = 0; round < ROUNDS * scale; round += 1) {
    progress(`${round} of ${ROUNDS * scale}`);
    const scripts = Array.from({ length: SCRIPTS_AT_ONCE }, () => pick(random, SCRIPTS));
    await Promise.all(scripts.map(interrupt));
  }
  return outcome();
}

/** The process and all that it has started, those in groups of their own too. */
function descendantsOf(pid: number): number[] {
  const children = readOr(`/proc/${pid}/task/${pid}/children`, "").match(/\d+/g) ?? [];
  return [pid, ...children.flatMap((child) => descendantsOf(Number(child)))];
}

/** Whether it is there, and not only waits for its parent to take note of its end. */
function isRunning(pid: number): boolean {
  return /^State:\s+[^ZX]/m.test(readOr(`/proc/${pid}/status`, ""));
}

function commandOf(pid: number): string {
  return readOr(`/proc/${pid}/cmdline`, "gone").replaceAll("\0", " ").trim();
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}
