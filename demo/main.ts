/**
 * `bun run demo`: both services while parts of them break, as a table, and as a picture if a file for
 * it is named.
 */
import { parseArgs } from "node:util";

import { standardOutput } from "../platform/process/output.ts";
import { endOnSignals } from "../tests/support/at-end.ts";
import { drawSeed } from "../tests/support/seed.ts";
import { draw } from "./drawing.ts";
import { play } from "./play.ts";
import { openStage } from "./stage.ts";
import { HEADER, isInBudget, lineOf, type PhaseSummary, printed } from "./summary.ts";

const HELP = `Starts both services under load, breaks parts of them, and shows what the
clients see.

Usage: bun run demo [options]

  --seconds N  length of each phase, from 1 to 600 [6]
  --svg FILE   also draw a picture, for example docs/demo.svg [none]
  --postgres   use Postgres, and restart it as well
  --help       print this text

Set TEST_SEED to the seed of an earlier run to repeat its requests.
Exit code: 0 if no confirmed order is lost or duplicated and the retries stayed within their budget,
1 otherwise, 2 for wrong usage.
`;

const { seconds, svg, postgres, help } = parseOptions();
if (help) await standardOutput.print(HELP);
else await main();
process.exit();

async function main(): Promise<void> {
  endOnSignals();
  const seed = drawSeed();
  standardOutput.progress("building and starting the services");
  const stage = await openStage({ onPostgres: postgres });
  try {
    standardOutput.progress("");
    console.log(HEADER);
    const report = await play(stage, { seconds: Number(seconds), seed, progress });
    console.log(`\nSummary\n${printed(report)}`);
    if (svg !== undefined) {
      await Bun.write(svg, draw(report));
      console.log(`Picture: ${svg}`);
    }
    const { lost, doubled } = report.orders;
    process.exitCode = lost + doubled === 0 && report.lives.every(isInBudget) ? 0 : 1;
  } finally {
    await stage.stop();
  }
}

/** Shows the line of a phase with a progress bar, and prints it when the phase is over. */
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
        svg: { type: "string" },
        postgres: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const number = Number(values.seconds);
    if (Number.isInteger(number) && number >= 1 && number <= 600) return values;
    console.error("demo: --seconds: expected 1 to 600. See bun run demo --help");
  } catch (error) {
    const [sentence] = (error as Error).message.split(". ");
    console.error(`demo: ${sentence}. See bun run demo --help`);
  }
  return process.exit(2);
}
