/** `bun run demo`: a day in the life of both services, as a table and as a picture. */
import { parseArgs } from "node:util";

import { standardOutput } from "../shared/process/output.ts";
import { drawSeed } from "../tests/support/seed.ts";
import { draw } from "./drawing.ts";
import { play } from "./play.ts";
import { openStage } from "./stage.ts";
import { HEADER, isInBudget, lineOf, type PhaseSummary, printed } from "./summary.ts";

const HELP = `Builds and starts both services, breaks things while clients ask, and shows what the clients saw.

Usage: bun run demo [options]

  --seconds N  how long each phase takes, from 1 to 600 [6]
  --svg FILE   where the picture goes [docs/demo.svg]
  --postgres   with the databases on Postgres, which is restarted as well
  --help       this text

TEST_SEED in the environment is the seed of an earlier run, which draws the same requests again.
Exit code 0: all acknowledged orders are there once, and the retries kept their budget; 1: not so; 2: wrong usage.
`;

const { seconds, svg, postgres, help } = parseOptions();
if (help) await standardOutput.print(HELP);
else await main();
process.exit();

async function main(): Promise<void> {
  const seed = drawSeed();
  standardOutput.progress("building and starting the services");
  const stage = await openStage({ onPostgres: postgres });
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => void stage.stop().finally(() => process.exit(130)));
  }
  try {
    standardOutput.progress("");
    console.log(HEADER);
    const report = await play(stage, { seconds: Number(seconds), seed, progress });
    await Bun.write(svg, draw(report));
    console.log(`\nIn all\n${printed(report)}\nThe same as a picture: ${svg}`);
    const { lost, doubled } = report.orders;
    process.exitCode = lost + doubled === 0 && report.lives.every(isInBudget) ? 0 : 1;
  } finally {
    await stage.stop();
  }
}

/** A line with a bar while the phase goes on, and one that stays in its place. */
function progress(summary: PhaseSummary, share: number): void {
  const bar = "#".repeat(Math.round(share * 20)).padEnd(20, ".");
  standardOutput.progress(share < 1 ? `${lineOf(summary)}  ${bar}` : "");
  if (share === 1) console.log(lineOf(summary));
}

function parseOptions() {
  try {
    const { values } = parseArgs({
      options: {
        seconds: { type: "string", default: "6" },
        svg: { type: "string", default: "docs/demo.svg" },
        postgres: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const number = Number(values.seconds);
    if (Number.isInteger(number) && number >= 1 && number <= 600) return values;
    console.error("demo: expected --seconds from 1 to 600. See bun run demo --help");
  } catch (error) {
    const [sentence] = (error as Error).message.split(". ");
    console.error(`demo: ${sentence}. See bun run demo --help`);
  }
  return process.exit(2);
}
