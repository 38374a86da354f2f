/** Interrupts the scripts of the repository at random moments. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { pick, randomFrom } from "../../../platform/database/seed.ts";
import { executables } from "../../support/executables.ts";
import { ROOT, temporaryFolder } from "../../support/folders.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";

export const name = "interrupted-scripts";
export const description = "An interrupted script leaves no process and no file behind";

/** Rounds at scale 1. */
const ROUNDS = 1;
const SCRIPTS_AT_ONCE = 2;
/** By then, each script is at work. */
const INTERRUPT_MAX_MS = 2_500;
/** How long a killed process may take to exit. */
const GONE_TIMEOUT_MS = 5_000;

const SCRIPTS: readonly string[][] = [
  ["demo/main.ts", "--svg", "demo.svg"],
  ["tests/pair/soak.ts"],
  ["tests/fuzz/main.ts"],
  ["tests/pair/hostile/main.ts", "--only", "half-bodies,user-cache"],
  ["dev/main.ts"],
];

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  // Otherwise some would be interrupted only in their build.
  progress("building the executables");
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
      // Creates a process group, as a terminal does.
      detached: true,
    });
    await Bun.sleep(random() * INTERRUPT_MAX_MS);
    const family = descendantsOf(child.pid);
    const signal = pick(random, ["SIGINT", "SIGTERM", "SIGHUP"] as const);
    // Ctrl-C signals the group; `kill` and a supervisor signal only the script.
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

/** Returns the process and all its descendants, also those in other process groups. */
function descendantsOf(pid: number): number[] {
  const children = readOr(`/proc/${pid}/task/${pid}/children`, "").match(/\d+/g) ?? [];
  return [pid, ...children.flatMap((child) => descendantsOf(Number(child)))];
}

/** Returns whether the process exists and is not a zombie. */
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
