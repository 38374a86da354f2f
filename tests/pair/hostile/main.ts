/** `bun run hostile`: runs the attacks of `bun test` on the executables, at a larger scale. */
import { parseArgs } from "node:util";

import { standardOutput } from "../../../platform/process/output.ts";
import { endOnSignals } from "../../support/at-end.ts";
import { printable } from "../../support/printable.ts";
import { drawSeed } from "../../support/seed.ts";
import { ATTACKS } from "./attacks.ts";

const HELP = `Attacks both services on loopback and prints which guarantees were broken.

Usage: bun run hostile [options]

  --only LIST  run only these attacks, separated by commas [all]:
${ATTACKS.map(({ name, description }) => `                 ${name}: ${description}`).join("\n")}
  --scale N    size of each attack; bun test uses 1 [20]
  --help       print this text

Set TEST_SEED to the seed of an earlier run to repeat its random numbers.
Exit code: 0 if every guarantee held, 1 if one was broken, 2 for wrong usage.
`;

/** An attack that takes longer hangs. */
const ATTACK_TIMEOUT_MS = 15 * 60 * 1000;

/** Wrong usage, reported in one line. */
class UsageError extends Error {}

try {
  process.exit(await main());
} catch (error) {
  const expected = error instanceof UsageError;
  standardOutput.say(expected ? `hostile: ${error.message}` : Bun.inspect(error));
  process.exit(expected ? 2 : 1);
}

async function main(): Promise<number> {
  endOnSignals();
  const { attacks, scale, help } = parseOptions();
  if (help) {
    await standardOutput.print(HELP);
    return 0;
  }
  const seed = drawSeed();
  let failed = 0;
  for (const { name, description, run } of attacks) {
    const startedAt = performance.now();
    let state = description;
    // Some attacks only wait, for example for a limit of time.
    const tell = () => {
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      standardOutput.progress(`${name}: ${state}, ${seconds} s`);
    };
    const progress = (line: string) => {
      state = line;
      tell();
    };
    tell();
    const telling = setInterval(tell, 1_000);
    const { attempts, broken } = await Promise.race([run({ seed, scale, progress }), tooLate()]);
    clearInterval(telling);
    standardOutput.progress("");
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const verdict = broken.length === 0 ? "held" : "BROKEN";
    console.log(`${verdict}  ${name}: ${attempts} attempts in ${seconds} s`);
    for (const guarantee of broken) console.log(`        ${printable(guarantee)}`);
    if (broken.length > 0) failed += 1;
  }
  console.log(
    failed === 0
      ? "Every guarantee held"
      : `${failed} of ${attacks.length} attacks broke a guarantee`,
  );
  return failed === 0 ? 0 : 1;
}

async function tooLate() {
  await Bun.sleep(ATTACK_TIMEOUT_MS);
  return {
    attempts: 0,
    broken: [`the attack took longer than ${ATTACK_TIMEOUT_MS / 60_000} minutes`],
  };
}

function parseOptions() {
  const { only, scale, help } = words();
  const attacks = only === undefined ? ATTACKS : only.split(",").map(attackNamed);
  if (!/^[1-9]\d{0,2}$/.test(scale)) throw new UsageError("--scale: expected 1 to 999");
  return { attacks, scale: Number(scale), help };
}

function attackNamed(name: string) {
  const attack = ATTACKS.find((one) => one.name === name);
  const names = ATTACKS.map((one) => one.name).join(", ");
  if (!attack) throw new UsageError(`unknown attack "${name}". Expected ${names}`);
  return attack;
}

function words() {
  try {
    return parseArgs({
      options: {
        only: { type: "string" },
        scale: { type: "string", default: "20" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    const [message = ""] = (error as Error).message.split(".", 1);
    throw new UsageError(`${message}. Try bun run hostile --help`);
  }
}
