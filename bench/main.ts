/** `bun run bench`: starts everything itself, measures side by side, prints tables and targets. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { comparePages } from "./pages.ts";
import { comparePeers } from "./peers.ts";
import { endAll } from "./processes.ts";
import { printed, printedTargets, type Report } from "./report.ts";
import type { SuiteOptions } from "./rounds.ts";
import { measureStart } from "./start.ts";
import { compareWrites } from "./write.ts";

const SUITES: Record<string, (options: SuiteOptions) => Promise<Report>> = {
  read: (options) => comparePeers("read", options),
  hop: (options) => comparePeers("hop", options),
  write: compareWrites,
  pages: comparePages,
  start: measureStart,
};

const HELP = `Measures the services side by side with what they could be, and prints medians and ratios.

Usage: bun run bench [options]

  --only LIST   some of ${Object.keys(SUITES).join(",")} [all]
  --rounds N    how many rounds of each comparison count [5]
  --seconds N   how long a round loads each contender [1]
  --help        this text

It takes about five minutes. It needs Linux with two cores, wrk and taskset.
`;

const say = (line: string) => void process.stderr.write(`${line}\n`);

/** Wrong usage, or something that is missing: one line. */
class UsageError extends Error {}

let exitCode = 0;
try {
  await main();
} catch (error) {
  say(error instanceof UsageError ? `bench: ${error.message}` : Bun.inspect(error));
  exitCode = error instanceof UsageError ? 2 : 1;
}
// A suite that failed may have left something that waits; what it started ends with this process.
process.exit(exitCode);

async function main(): Promise<void> {
  const { only, rounds, seconds, help } = parse();
  if (help) return void process.stdout.write(HELP);
  const missing = ["wrk", "taskset"].filter((tool) => !Bun.which(tool));
  if (missing.length > 0) {
    throw new UsageError(`${missing.join(" and ")} missing: apt-get install wrk util-linux`);
  }
  if (navigator.hardwareConcurrency < 2) throw new UsageError("two cores are needed, there is one");

  const folder = mkdtempSync(join(tmpdir(), "edge-services-bench-"));
  const clean = async () => {
    await endAll();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => void clean().finally(() => process.exit(130)));
  }
  try {
    const reports: Report[] = [];
    for (const suite of only) {
      const report = await suite({ folder, say, rounds, seconds });
      process.stdout.write(`${printed(report)}\n`);
      reports.push(report);
    }
    process.stdout.write(printedTargets(reports.flatMap(({ targets }) => targets)));
  } finally {
    await clean();
  }
}

function parse() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", default: Object.keys(SUITES).join(",") },
        rounds: { type: "string", default: "5" },
        seconds: { type: "string", default: "1" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const only = values.only.split(",").map((name) => {
      const suite = SUITES[name];
      if (!suite) throw new UsageError(`unknown comparison "${name}"`);
      return suite;
    });
    const { help } = values;
    const [rounds, seconds] = [
      counted("rounds", values.rounds),
      counted("seconds", values.seconds),
    ];
    return { only, rounds, seconds, help };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}. Try bun run bench --help`);
  }
}

function counted(option: string, text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new UsageError(`--${option}: expected a whole number`);
  return Number(text);
}
