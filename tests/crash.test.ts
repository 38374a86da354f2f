import { expect, test } from "bun:test";

import { crash } from "./crash.ts";
import { command } from "./support/executables.ts";
import { drawSeed } from "./support/seed.ts";

const script = (word: string) => command([process.execPath, `${import.meta.dir}/crash.ts`, word]);

test.each([
  ["sqlite", 4, "the service"],
  ["postgres", 2, "server and service"],
] as const)(
  "on %s, every acknowledged order is there exactly once after %i kills of %s",
  async (engine, kills) => {
    const report = await crash({ engine, kills, seed: drawSeed() });
    expect(report).toMatchObject({ kills, missing: [], doubled: [], unasked: [], integrity: "ok" });
    expect(report.acknowledged).toBeGreaterThan(kills);
  },
  60_000,
);

test.each(["--help", "-h", "help"])(
  "bun run crash %s tells what it does and kills nothing",
  async (word) => {
    const { exitCode, stdout, stderr } = await script(word);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("Usage: bun run crash");
  },
);

test("bun run crash with an unknown word is one line and exit code 2", async () => {
  const stderr = 'crash: unknown argument "--fast". See bun run crash --help\n';
  expect(await script("--fast")).toEqual({ exitCode: 2, stdout: "", stderr });
});
