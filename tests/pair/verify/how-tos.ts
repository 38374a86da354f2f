/**
 * A newcomer follows docs/extending.md in a copy of the repository: applies each `diff`, and runs each
 * command. The first how-to runs alone; the tests that the others name run once, after the last.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";

import { command } from "../../support/executables.ts";
import { ROOT, temporaryFolder } from "../../support/folders.ts";
import { definitionOf, NAMES } from "../../support/services.ts";
import { apply, howTosOf } from "../support/how-tos.ts";

setDefaultTimeout(600_000);

const howTos = howTosOf(await Bun.file(join(ROOT, "docs", "extending.md")).text());
const edits = howTos.flatMap(({ steps }) =>
  steps.flatMap((one) => ("edits" in one ? one.edits : [])),
);

const LEFT_OUT = ["node_modules", ".git", "dist", "data"];
let folder: ReturnType<typeof temporaryFolder>;
beforeAll(async () => {
  folder = temporaryFolder();
  cpSync(ROOT, folder.path, { recursive: true, filter: isSource });
  symlinkSync(join(ROOT, "node_modules"), join(folder.path, "node_modules"));
  // `bun run contract` compares with a commit.
  await run("git init --quiet");
  await run("git add --all");
  await run("git -c user.name=a -c user.email=a@example.com commit --quiet --message=start");
});
afterAll(() => folder[Symbol.dispose]());

function isSource(path: string): boolean {
  const names = relative(ROOT, path).split("/");
  return !names.some((name) => LEFT_OUT.includes(name));
}

test("Each part of a service has a how-to", () => {
  const parts = ["field", "variable", "failure", "route", "filter", "migration"];
  expect(howTos.map(({ heading }) => heading)).toEqual(parts.map((part) => `Add a ${part}`));
});

test("A new migration has the next free number", async () => {
  const found: string[] = [];
  for (const name of NAMES) {
    const { migrations } = await definitionOf(name);
    const next = String(migrations.length + 1).padStart(4, "0");
    const paths = edits
      .map(({ path }) => path)
      .filter((path) => path.startsWith(`${name}/migrations/`));
    for (const path of paths) expect(path).toStartWith(`${name}/migrations/${next}_`);
    found.push(...paths);
  }
  expect(found.length).toBeGreaterThan(1);
});

describe("After each step of", () => {
  /** Commands that run after the last how-to, each once. */
  const later = new Set<string>();
  const tested = new Set<string>();

  test.each(howTos.map((one) => [one.heading, one] as const))("%s", async (_, howTo) => {
    for (const step of howTo.steps) {
      if ("edits" in step) for (const edit of step.edits) await apply(edit, folder.path);
      else {
        for (const { line, names } of step.commands) {
          const [, words] = /^bun test (.*)$/.exec(line) ?? [];
          if (names.length > 0) expect(await namedByChecker(line)).toEqual(names);
          else if (howTo === howTos[0]) await succeed(line);
          else if (words) for (const word of words.split(" ")) tested.add(word);
          else if (/^bun run (?:fix|derive)$/.test(line)) await succeed(line);
          else later.add(line);
        }
      }
    }
  });

  test("all how-to's, the checks and the tests that they name pass", async () => {
    const written = [...later].toSorted((a, b) => Number(isWriting(b)) - Number(isWriting(a)));
    expect(written[0]).toEndWith("--write");
    for (const line of written) await succeed(line);
    await succeed(`bun test ${[...tested].join(" ")}`);
    await succeed("bun run check");
  });
});

const isWriting = (line: string) => line.endsWith("--write");

/** The files in which the checker finds type errors. */
async function namedByChecker(line: string): Promise<string[]> {
  const { exitCode, stdout, stderr } = await run(line);
  expect(exitCode).not.toBe(0);
  const named = (stdout + stderr).matchAll(/^(\S+)\(\d+,\d+\): error /gm);
  return [...new Set(Array.from(named, ([, path = ""]) => path))].toSorted();
}

async function succeed(line: string): Promise<void> {
  const { exitCode, stdout, stderr } = await run(line);
  if (exitCode !== 0)
    throw new Error(`${line}\n${stdout}\n${stderr.replaceAll(/^\(pass\).*\n/gm, "")}`);
}

/** Runs a command in the copy. `bun run verify` would build the executables first, which no page needs. */
async function run(line: string) {
  const words = line
    .replace(/^bun run verify (.*)$/, "bun test ./tests/verify/$1.ts")
    .split(" ")
    .map((word) => (word === "bun" ? process.execPath : word));
  const environment = { PATH: process.env["PATH"] ?? "", HOME: folder.path };
  return command(words, { folder: folder.path, environment });
}
