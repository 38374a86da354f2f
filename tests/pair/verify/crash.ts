import { expect, test } from "bun:test";
import { join } from "node:path";

import { command } from "../../support/executables.ts";
import { ROOT } from "../../support/folders.ts";
import { drawSeed } from "../../support/seed.ts";
import { crash } from "../crash.ts";

const script = (word: string) =>
  command([process.execPath, join(ROOT, "tests", "pair", "crash.ts"), word]);

test.concurrent.each([
  ["sqlite", 4, "the service"],
  ["postgres", 2, "the server and the service"],
] as const)(
  "On %s, every acknowledged order exists exactly once after %i kills of %s",
  async (engine, kills) => {
    const report = await crash({ engine, kills, seed: drawSeed() });
    expect(report).toMatchObject({ kills, missing: [], doubled: [], unasked: [], integrity: "ok" });
    expect(report.acknowledged).toBeGreaterThan(kills);
  },
  60_000,
);

test.concurrent.each(["--help", "-h", "help"])(
  "bun run crash %s prints the usage and kills nothing",
  async (word) => {
    const { exitCode, stdout, stderr } = await script(word);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("Usage: bun run crash");
  },
);

test.concurrent(
  "bun run crash prints one line and exits with 2 for an unknown argument",
  async () => {
    const stderr = 'crash: unknown argument "--fast". See bun run crash --help\n';
    expect(await script("--fast")).toEqual({ exitCode: 2, stdout: "", stderr });
  },
);
