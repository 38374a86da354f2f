/** `bun run drop` and `bun run rename`, in a copy of the repository: what is left is green. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { pathsOf } from "../../dev/services/edits.ts";
import { withoutRows } from "../../dev/services/leftovers.ts";
import packageJson from "../../package.json";
import { SERVICES } from "../../services.ts";
import { startDev } from "../support/dev.ts";
import { repositoryCopy } from "../support/repository-copy.ts";
import { NAMES } from "../support/services.ts";

setDefaultTimeout(240_000);

const BUN = process.execPath;
/** Not in the list already. */
const OWN =
  ["accounts", "invoices", "tickets"].find((name) => !NAMES.some((taken) => taken === name)) ?? "";
const CALLED = SERVICES.find(({ name }) => SERVICES.some(({ calls }) => calls.includes(name)));

let copy: Awaited<ReturnType<typeof repositoryCopy>>;
beforeAll(async () => {
  copy = await repositoryCopy();
});
afterAll(() => copy[Symbol.dispose]());

const has = (path: string) => existsSync(join(copy.path, path));
const script = (name: string, ...words: string[]) =>
  copy.run(BUN, `dev/services/${name}.ts`, ...words);
const status = () => copy.succeeds("git", "status", "--porcelain");

async function commit() {
  await copy.succeeds("git", "add", "--all");
  const author = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
  await copy.succeeds("git", ...author, "commit", "--quiet", "--message=change");
}

describe("bun run drop refuses in one line, and changes nothing,", () => {
  test.each([
    ["without a name", [], "give one name"],
    ["with two names", NAMES.slice(0, 1).concat(NAMES), "give one name"],
    ["with a name that no service has", ["nobody", "--yes"], 'there is no service "nobody"'],
    ["with a folder that is no service", ["platform", "--yes"], 'no service "platform"'],
    ["with an unknown option", ["--all"], "--all"],
    [
      "without a terminal and without --yes",
      NAMES.slice(-1),
      NAMES.length > 1 ? "add --yes" : "the only service",
    ],
  ])("%s", async (_title, words, reason) => {
    const { exitCode, stderr } = await script("drop", ...words);
    expect([exitCode, await status()]).toEqual([2, ""]);
    expect(stderr).toMatch(/^drop: .*\n$/);
    expect(stderr).toContain(reason);
  });

  test.if(CALLED !== undefined)("while another service calls it", async () => {
    const { exitCode, stderr } = await script("drop", CALLED?.name ?? "", "--yes");
    expect([exitCode, await status()]).toEqual([2, ""]);
    expect(stderr).toMatch(new RegExp(`^drop: ${CALLED?.name} is called by .* first\\n$`));
  });
});

test.each([
  ["drop", [...NAMES.slice(-1), "--yes"]],
  ["rename", ["my-shop"]],
])("bun run %s refuses while a file is not in a commit", async (name, words) => {
  const file = join(copy.path, "mine.txt");
  await Bun.write(file, "mine");
  const { exitCode, stderr } = await script(name, ...words);
  expect([exitCode, await status()]).toEqual([2, "?? mine.txt\n"]);
  expect(stderr).toContain("?? mine.txt");
  await Bun.file(file).delete();
});

test("A row of a page goes only if it refers to nothing else than what is gone", () => {
  const left = ["| `b/` | still there |", "| `a/`, `b/` | both |", "About `a/`"];
  const lost = ["| `a/x.ts` | gone |", "| `bun run far` | gone |", "| [a](a/b.md) | gone |"];
  const page = [...lost, ...left].join("\n");
  expect(withoutRows(page, { gone: ["a"], scripts: ["far"] })).toBe(left.join("\n"));
});

describe("A project with another service instead of those that are here", () => {
  let said = "";
  beforeAll(async () => {
    await copy.succeeds(BUN, "run", "new", OWN);
    await Bun.write(join(copy.path, "bench", "notes.txt"), NAMES.join("\n"));
    await commit();
    for (const name of NAMES.toReversed()) {
      said += await copy.succeeds(BUN, "run", "drop", name, "--yes");
      await commit();
    }
  });

  test("has lost their files, after a list of them and of the pages that still name them", async () => {
    for (const service of SERVICES) {
      for (const path of pathsOf(service)) expect([path, has(path)]).toEqual([path, false]);
      expect(said).toContain(`This takes away ${service.name}:\n\n  ${service.name}\n`);
      expect(said).toContain(`Dropped ${service.name}.`);
    }
    const named = new RegExp(`\\b(?:${NAMES.join("|")})\\b`);
    const files = (await copy.succeeds("git", "ls-files")).split("\n");
    expect(files.filter((path) => named.test(path))).toEqual([]);
    expect(said.match(/^ {2}bench\/notes\.txt \(1\)$/gm)).toHaveLength(NAMES.length);
  });

  test("has no script without its file", async () => {
    const { scripts } = (await Bun.file(join(copy.path, "package.json")).json()) as {
      scripts: Record<string, string>;
    };
    expect(Object.keys(scripts)).toContain("verify");
    for (const [name, command] of Object.entries(scripts)) {
      const files = command.match(/[\w./-]+\.ts\b/g) ?? [];
      const missing = files.filter((file) => file !== "with-executables.ts" && !has(file));
      expect([name, ...missing]).toEqual([name]);
    }
  });

  test("passes bun run check", async () => {
    await copy.succeeds(BUN, "run", "check");
  });

  test("passes bun test", async () => {
    await copy.succeeds(BUN, "test");
  }, 600_000);

  test("has compose files, overlays, pages and documents that follow from its list", async () => {
    const about = ["services", "kubernetes", "readme", "pages", "contract", "operating"];
    const files = about.map((one) => `./tests/verify/${one}.ts`);
    await copy.succeeds(BUN, "test", ...files);
    await copy.succeeds(BUN, "run", "derive", "--check");
  });

  test("is built by bun run build", async () => {
    await copy.succeeds(BUN, "run", "build");
    expect([has(`dist/${OWN}`), ...NAMES.map((name) => has(`dist/${name}`))]).toEqual([
      true,
      ...NAMES.map(() => false),
    ]);
  });

  test("runs with bun run dev", async () => {
    await using dev = await startDev(copy.path, {}, { [`${OWN.toUpperCase()}_PORT`]: "0" });
    await dev.said("Press Ctrl-C to stop");
    const [, page = ""] = /Swagger UI: (\S+)/.exec(dev.log()) ?? [];
    expect(await (await fetch(page)).text()).toContain("swagger-ui");
    expect((await fetch(new URL(`/${OWN}/1`, page))).status).toBe(200);
  });

  test("keeps its last service", async () => {
    const { exitCode, stderr } = await script("drop", OWN, "--yes");
    expect([exitCode, stderr]).toMatchObject([2, expect.stringContaining("the only service")]);
  });
});

describe("bun run rename", () => {
  test.each([
    ["without a name", [], "give one name"],
    ["with capital letters", ["Shop"], "small letters"],
    ["with a scope", ["@me/shop"], "small letters"],
    ["with a dot", ["my.shop"], "small letters"],
    ["with a hyphen at the end", ["shop-"], "small letters"],
    ["with more than 40 letters", ["s".repeat(41)], "small letters"],
    ["with the name that it has", [packageJson.name], "already"],
    ["with the name of a service", [OWN], "is a service"],
  ])("%s refuses in one line, and changes nothing", async (_title, words, reason) => {
    const { exitCode, stderr } = await script("rename", ...words);
    expect([exitCode, await status()]).toEqual([2, ""]);
    expect(stderr).toMatch(/^rename: .*\n$/);
    expect(stderr).toContain(reason);
  });

  test("leaves the old name only in the license", async () => {
    const said = await copy.succeeds(BUN, "run", "rename", "my-shop");
    const changed = await copy.succeeds("git", "diff", "--name-only");
    for (const path of changed.trimEnd().split("\n")) expect(said).toContain(`\n  ${path}\n`);
    const { stdout } = await copy.run("git", "grep", "-lF", packageJson.name);
    expect(stdout).toBe("LICENSE\n");
    await copy.succeeds(BUN, "install", "--frozen-lockfile");
    await copy.succeeds(BUN, "run", "check");
    const files = ["services", "kubernetes", "systemd", "prepare"].map(
      (one) => `./tests/verify/${one}.ts`,
    );
    await copy.succeeds(BUN, "test", ...files);
  });
});
