/**
 * Leaves out each check of who asks, in the store and the routes of every service and in the table
 * that all share, and expects tests/ownership.test.ts to fail.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

import { atMost } from "../support/at-most.ts";
import { command } from "../support/executables.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { mutate, type Mutation } from "../support/mutants.ts";
import { NAMES } from "../support/services.ts";

const inTurn = atMost(2);

/** How a check can be left out. Each place where it is written is a mutant. */
const CARELESS: { files: string[]; check: RegExp; instead: string }[] = [
  // A condition of a statement. The parameter stays, because it is sent.
  { files: ["store.ts"], check: /\$\{\w+\.isOwned\("(\$\d+)"\)\}/g, instead: "($1 IS NOT NULL)" },
  // Which statement it is, or whose the new resource.
  { files: ["store.ts"], check: /\bwho\.isEveryone\b/g, instead: "true" },
  { files: ["store.ts"], check: /\bwho\.isNobody\b/g, instead: "false" },
  // Whether there is a row for the caller. Behind a change, the statement decides that.
  {
    files: ["store.ts"],
    check: /\(rows\) => (\w+)\.first\(rows, who\)/g,
    instead: "(rows) => $1.first(rows, who.asEveryone())",
  },
  { files: ["store.ts", "routes.ts"], check: /\bwho\.owns\(/g, instead: "who.asEveryone().owns(" },
];

const mutants: (Mutation & { what: string })[] = [];
for (const name of NAMES) {
  for (const { files, check, instead } of CARELESS) {
    for (const file of files.map((one) => `${name}/${one}`)) {
      const text = await Bun.file(join(ROOT, file)).text();
      for (const { 0: found, index } of text.matchAll(check)) {
        const line = text.slice(0, index).split("\n").length;
        // The whole text, because the same check may stand in it twice.
        const to = found.replace(new RegExp(check.source), instead);
        const after = text.slice(0, index) + to + text.slice(index + found.length);
        mutants.push({ what: `${file}:${line} has no ${found}`, file, from: text, to: after });
      }
    }
  }
}
for (const [what, from, to] of [
  ["a row is read for anybody", "row && isFor(who, row) ?", "row ?"],
  [
    "an owner is in no statement",
    "isOwned(parameter, ownerColumn)",
    "`(${parameter} IS NOT NULL)`",
  ],
] as const) {
  mutants.push({ what, file: "platform/resources/table.ts", from, to });
}
// A service may ask who creates before it looks for the key. Then only the test beside it can tell.
mutants.push({
  what: "a key is replayed to anybody",
  file: "platform/http/idempotency.ts",
  from: "if (!mayCreate(earlier.resource))",
  to: "if (false)",
});

test("Every store has a check that can be left out", () => {
  for (const name of NAMES) {
    const stores = mutants.filter(({ file }) => file === `${name}/store.ts`);
    expect(stores.length).toBeGreaterThan(1);
  }
});

test("The tests of ownership pass in a copy of the sources", async () => {
  using folder = temporaryFolder();
  const file = "services.ts";
  await mutate(folder.path, { file, from: /$/, to: "\n" });
  expect(await run(folder.path)).toMatchObject({ exitCode: 0 });
}, 120_000);

describe.concurrent("The tests of ownership fail if", () => {
  test.each(mutants)(
    "$what",
    (mutation) =>
      inTurn(async () => {
        using folder = temporaryFolder();
        await mutate(folder.path, mutation);
        const beside = mutation.file.replace(/\.ts$/, ".test.ts");
        const tests = mutation.file.startsWith("platform/") ? [`./${beside}`] : [];
        const { exitCode, stderr } = await run(folder.path, tests);
        expect(exitCode).toBe(1);
        expect(stderr).toMatch(/^\(fail\) /m);
        // It ran: a mutant that does not start would fail every test.
        expect(stderr).toMatch(/^\(pass\) /m);
      }),
    240_000,
  );
});

function run(folder: string, others: readonly string[] = []) {
  return command([process.execPath, "test", "./tests/ownership.test.ts", ...others], {
    folder,
    environment: { PATH: process.env["PATH"] ?? "" },
  });
}
