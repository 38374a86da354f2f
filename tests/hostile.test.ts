import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { ATTACKS } from "./hostile/attacks.ts";
import { command } from "./support/executables.ts";
import { ROOT } from "./support/folders.ts";
import { drawSeed } from "./support/seed.ts";

setDefaultTimeout(120_000);

test.each(ATTACKS)("$description", async ({ run }) => {
  const { attempts, broken } = await run({ seed: drawSeed(), scale: 1 });
  expect(broken).toEqual([]);
  expect(attempts).toBeGreaterThan(0);
});

test.each([
  ["--only nothing", 'unknown attack "nothing". Expected '],
  ["--scale 0", "--scale: expected 1 to 999"],
  ["--fast", "Unknown option '--fast'"],
])("bun run hostile %s is one line and exit code 2", async (args, message) => {
  const words = [process.execPath, join(ROOT, "tests", "hostile", "main.ts"), ...args.split(" ")];
  const { exitCode, stderr } = await command(words);
  expect({ exitCode, lines: stderr.trim().split("\n").length }).toEqual({ exitCode: 2, lines: 1 });
  expect(stderr).toStartWith(`hostile: ${message}`);
});
