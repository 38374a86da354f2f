import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { atMost } from "../../support/at-most.ts";
import { command } from "../../support/executables.ts";
import { ROOT } from "../../support/folders.ts";
import { drawSeed } from "../../support/seed.ts";
import { ATTACKS } from "../hostile/attacks.ts";

// The time of a test includes its wait for a turn.
setDefaultTimeout(600_000);

// Each attack starts its own services. The first one only waits, for 12 s, so at most two use the
// processor.
const inTurn = atMost(3);

test.concurrent.each(ATTACKS)("$description", ({ run }) =>
  inTurn(async () => {
    const { attempts, broken } = await run({ seed: drawSeed(), scale: 1 });
    expect(broken).toEqual([]);
    expect(attempts).toBeGreaterThan(0);
  }),
);

test.concurrent("bun run hostile says what it does while an attack only waits", () =>
  inTurn(async () => {
    const words = [process.execPath, join(ROOT, "tests", "pair", "hostile", "main.ts")];
    const options = ["--only", "slow-headers", "--scale", "1"];
    const { exitCode, stderr } = await command([...words, ...options]);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^slow-headers: \S.*, \d+ s$/m);
  }),
);

test.concurrent.each([
  ["--only nothing", 'unknown attack "nothing". Expected '],
  ["--scale 0", "--scale: expected 1 to 999"],
  ["--fast", "Unknown option '--fast'"],
])("bun run hostile %s prints one line and exits with 2", (args, message) =>
  inTurn(async () => {
    const words = [
      process.execPath,
      join(ROOT, "tests", "pair", "hostile", "main.ts"),
      ...args.split(" "),
    ];
    const { exitCode, stderr } = await command(words);
    const lines = stderr.trim().split("\n").length;
    expect({ exitCode, lines }).toEqual({ exitCode: 2, lines: 1 });
    expect(stderr).toStartWith(`hostile: ${message}`);
  }),
);
