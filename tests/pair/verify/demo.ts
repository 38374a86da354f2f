import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";

import { draw } from "../../../demo/drawing.ts";
import { PER_SECOND } from "../../../demo/load.ts";
import { play, type Report } from "../../../demo/play.ts";
import { openStage } from "../../../demo/stage.ts";
import { isInBudget, summarize } from "../../../demo/summary.ts";
import { command } from "../../support/executables.ts";
import { ROOT, temporaryFolder } from "../../support/folders.ts";
import { drawSeed } from "../../support/seed.ts";

const script = (...words: string[]) =>
  command([process.execPath, `${ROOT}/demo/main.ts`, ...words]);

describe("A short demo", () => {
  const seconds = 1;
  let stage: Awaited<ReturnType<typeof openStage>>;
  let report: Report;
  beforeAll(async () => {
    stage = await openStage();
    report = await play(stage, { seconds, seed: drawSeed() });
  }, 120_000);
  afterAll(() => stage.stop());

  test("loses and duplicates no acknowledged order, and finishes every order", () => {
    const { acknowledged, found, lost, doubled, begun } = report.orders;
    expect({ lost, doubled }).toEqual({ lost: 0, doubled: 0 });
    expect(acknowledged).toBe(begun);
    expect(found).toBeGreaterThan(PER_SECOND);
  });

  test("sends every request that is due, and some succeed before the first fault", () => {
    const [quiet] = report.played;
    if (!quiet) throw new Error("Nothing was played");
    // A timer may fire a fraction of a millisecond early, which is one request less.
    const due = Math.floor(((quiet.to - quiet.from) * PER_SECOND) / 1000);
    const { requests, good } = summarize(quiet, report.samples);
    expect(requests).toBeGreaterThanOrEqual(due);
    // How many depends on what else the machine does.
    expect(good).toBeGreaterThan(0);
  });

  test("keeps each process of orders within its retry budget", () => {
    // One was replaced, two were killed, and the last one ran until the end.
    expect(report.lives).toHaveLength(4);
    // Only the first surely calls users: another may be killed before a request reaches it.
    expect(report.lives[0]?.attempts).toBeGreaterThan(0);
    for (const life of report.lives) expect([life, isInBudget(life)]).toEqual([life, true]);
    const [life = { seconds: 0, calls: 0, attempts: 0, retries: 0 }] = report.lives;
    const retries = 1 + life.calls / 10 + 10 + 3 * life.seconds;
    expect(isInBudget({ ...life, retries })).toBe(false);
  });

  test("shows the clients only documented failures", () => {
    const failures = report.samples.flatMap(({ failure = [] }) => failure);
    expect(failures).toContain("503 overloaded");
    const statuses = failures.filter((failure) => /^\d/.test(failure));
    const known = /^(?:50[234] users_|503 overloaded$|503 database_|409 idempotency_key_in_use$)/;
    expect(statuses.filter((failure) => !known.test(failure))).toEqual([]);
  });

  test("draws a well-formed picture that names every phase", () => {
    const picture = draw(report);
    for (const { phase } of report.played) expect(picture).toContain(`>${phase.name}</text>`);
    expect(picture).not.toMatch(/NaN|undefined|Infinity/);
    const open: string[] = [];
    for (const [, closing, name = "", empty] of picture.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
      if (closing) expect(open.pop()).toBe(name);
      else if (!empty) open.push(name);
    }
    expect(open).toEqual([]);
  });
});

test("bun run demo leaves no file unless one is named", async () => {
  using folder = temporaryFolder();
  const words = [process.execPath, `${ROOT}/demo/main.ts`, "--seconds", "1"];
  const environment = { PATH: process.env["PATH"] ?? "" };
  const { exitCode, stdout } = await command(words, { folder: folder.path, environment });
  expect(exitCode).toBe(0);
  expect(stdout).not.toContain("Picture");
  expect(readdirSync(folder.path)).toEqual([]);
}, 120_000);

test.concurrent("bun run demo --help prints the usage and starts nothing", async () => {
  const { exitCode, stdout, stderr } = await script("--help");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain("Usage: bun run demo");
});

test.concurrent.each([
  ["--fast", "demo: Unknown option '--fast'"],
  ["now", "demo: Unexpected argument 'now'"],
  ["--seconds=none", "demo: --seconds: expected 1 to 600"],
])("bun run demo %s prints one line and exits with 2", async (word, message) => {
  const { exitCode, stdout, stderr } = await script(word);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toStartWith(message);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});
