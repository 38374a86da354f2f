/** `bun run bench`: starts all servers, compares them, and prints tables and targets. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { measureMemory } from "./memory.ts";
import { noise } from "./noise.ts";
import { endAll } from "./processes.ts";
import { printed, printedTargets, type Target } from "./report.ts";
import type { SuiteOptions, Suites } from "./rounds.ts";
import { build, isBuild, otherBuild } from "./services.ts";
import { measureStart } from "./start.ts";

const SUITES: Suites = {};
// Those of particular services, which may be gone.
for (const path of new Bun.Glob("*/suites.ts").scanSync(import.meta.dir)) {
  const { suites } = (await import(join(import.meta.dir, path))) as { suites: Suites };
  Object.assign(SUITES, suites);
}
Object.assign(SUITES, { start: measureStart, memory: measureMemory });

const HELP = `Compares the services with other servers, and prints tables and targets.

Usage: bun run bench [options]

  --only LIST      run only some of ${Object.keys(SUITES).join(",")} [all]
  --beside FOLDER  also measure executables that bun run build --out FOLDER created
  --rounds N       number of rounds of each comparison [12]
  --seconds N      seconds of load per contender in a round [1]
  --help           print this text

It takes about twenty minutes. It needs Linux with two cores, wrk and taskset, and go for one of the peers.
`;

const say = (line: string) => void process.stderr.write(`${line}\n`);

/** Wrong usage or a missing tool, reported in one line. */
class UsageError extends Error {}

let exitCode = 0;
try {
  await main();
} catch (error) {
  say(error instanceof UsageError ? `bench: ${error.message}` : Bun.inspect(error));
  exitCode = error instanceof UsageError ? 2 : 1;
}
// A failed suite may have left pending work. Its processes end with this one.
process.exit(exitCode);

async function main(): Promise<void> {
  const { only, beside, rounds, seconds, help } = parseOptions();
  if (help) return void process.stdout.write(HELP);
  const missing = ["wrk", "taskset"].filter((tool) => !Bun.which(tool));
  if (missing.length > 0) {
    throw new UsageError(`${missing.join(" and ")} missing: apt-get install wrk util-linux`);
  }
  if (navigator.hardwareConcurrency < 2)
    throw new UsageError("two cores are needed, but this machine has one");

  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const clean = async () => {
    await endAll();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => void clean().finally(() => process.exit(130)));
  }
  try {
    say("building the executables");
    const builds: SuiteOptions["builds"] = [await build(folder)];
    if (beside !== undefined) builds.push(otherBuild(beside));
    const targets: Target[] = [];
    for (const suite of only) {
      const report = await suite({ folder, builds, say, rounds, seconds });
      await endAll();
      process.stdout.write(`${printed(report)}\n`);
      targets.push(...report.targets);
    }
    process.stdout.write(`${noise()}\n\n${printedTargets(targets)}`);
  } finally {
    await clean();
  }
}

function parseOptions() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", default: Object.keys(SUITES).join(",") },
        beside: { type: "string" },
        rounds: { type: "string", default: "12" },
        seconds: { type: "string", default: "1" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const only = values.only.split(",").map((name) => {
      const suite = SUITES[name];
      if (!suite) throw new UsageError(`unknown comparison "${name}"`);
      return suite;
    });
    const { beside, help } = values;
    if (beside !== undefined && !isBuild(beside)) {
      throw new UsageError(`--beside: no executables of the services in ${beside}`);
    }
    const [rounds, seconds] = [
      counted("rounds", values.rounds),
      counted("seconds", values.seconds),
    ];
    return { only, beside, rounds, seconds, help };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}. Try bun run bench --help`);
  }
}

function counted(option: string, text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new UsageError(`--${option}: expected a whole number`);
  return Number(text);
}
