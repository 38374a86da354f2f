import { expect, test } from "bun:test";
import { join } from "node:path";

import { command } from "../../support/executables.ts";
import { ROOT } from "../../support/folders.ts";
import { drawSeed } from "../../support/seed.ts";
import { soak } from "../soak.ts";

const script = (...words: string[]) =>
  command([process.execPath, join(ROOT, "tests", "pair", "soak.ts"), ...words]);

test("orders leaks no call, connection or descriptor over 10,000 requests with faults", async () => {
  const told: string[] = [];
  const { outcomes, unexpected, early, late } = await soak({
    requests: 10_000,
    seed: drawSeed(),
    tell: (line) => void told.push(line),
  });
  expect(told).toEqual(
    ["1000", "10000"].map(
      (sent) => `${sent} of 10000 requests: waiting until orders is idle, to measure what it holds`,
    ),
  );
  expect(unexpected).toEqual([]);
  // Every outcome has occurred.
  for (const outcome of ["200", "201", "404", "422", "503", "left"]) {
    expect(outcomes[outcome]).toBeGreaterThan(0);
  }
  expect(late.calls).toBe(0);
  // Idle connections: as many as the bulkhead allows, on both sides of the proxy.
  expect(late.connections).toBeLessThanOrEqual(2 * (64 + 1));
  expect(late.descriptors - early.descriptors).toBeLessThanOrEqual(64);
}, 120_000);

test("bun run soak --help prints the usage and sends nothing", async () => {
  const { exitCode, stdout, stderr } = await script("--help");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain("Usage: bun run soak");
});

test.each([
  ["--fast", "soak: Unknown option '--fast'"],
  ["now", "soak: Unexpected argument 'now'"],
  ["--requests=many", "soak: --requests: expected a whole number from 1000"],
])("bun run soak %s prints one line and exits with 2", async (word, message) => {
  const { exitCode, stdout, stderr } = await script(word);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toStartWith(message);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});
