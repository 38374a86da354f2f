/** The README and the pages that tell of both services: their words, code and files. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

import { defaultUrlOf } from "../../../services.ts";
import { command } from "../../support/executables.ts";
import { ROOT } from "../../support/folders.ts";
import { NAMES } from "../../support/services.ts";

/** Words of the README: it is read in ten minutes. Everything else has a page of its own. */
const WORDS_MIN = 1_500;
const WORDS_MAX = 2_000;

const texts = new Map<string, string>();
for (const page of [
  "README.md",
  "docs/extending.md",
  "docs/performance.md",
  "docs/architecture.md",
]) {
  texts.set(page, await Bun.file(join(ROOT, page)).text());
}
const textOf = (page: string) => texts.get(page) ?? "";

describe("The README", () => {
  test("has 1,500 to 2,000 words", () => {
    const words = textOf("README.md").replaceAll("|", "").trim().split(/\s+/);
    expect(words.length).toBeGreaterThanOrEqual(WORDS_MIN);
    expect(words.length).toBeLessThanOrEqual(WORDS_MAX);
  });

  test("shows requests to services that there are, and their responses", () => {
    const typed = textOf("README.md").match(/^\$ .*$/gm) ?? [];
    expect(typed.length).toBeGreaterThanOrEqual(5);
    const lists = NAMES.map((name) => `${defaultUrlOf(name)}/${name}`);
    expect(typed.filter((line) => !lists.some((list) => line.includes(list)))).toEqual([]);
  });

  test("shows the figures of the last run, with their targets", () => {
    const [, rest = ""] = textOf("docs/performance.md").split("\n### Targets\n");
    const [section = ""] = rest.split("\n## ");
    const measured = Array.from(
      section.matchAll(/^(.+?) {2,}([\d.]+) +(higher|lower) +(at \w+ [\d.]+) /gm),
      (row) => row.slice(1),
    );
    const shown = Array.from(
      textOf("README.md").matchAll(
        /^\| (.+?) +\| ([\d.]+) +\| (higher|lower) +\| (at \w+ [\d.]+) +\|$/gm,
      ),
      (row) => row.slice(1),
    );
    expect(shown.length).toBeGreaterThan(5);
    for (const row of shown) expect(measured).toContainEqual(row);
  });
});

test.each(["README.md", "docs/extending.md"])("%s shows a route as it is", async (page) => {
  const sources = NAMES.map((name) => Bun.file(join(ROOT, name, "routes.ts")).text());
  const [, route = ""] = /```ts\n(\.[^]*?)```/.exec(textOf(page)) ?? [];
  expect(route).toContain("responses.");
  const shown = route.replaceAll(/^(?=.)/gm, "    ").trimEnd();
  expect((await Promise.all(sources)).filter((source) => source.includes(shown))).toHaveLength(1);
});

test("docs/architecture.md names only files and folders that exist", async () => {
  const named = new Set(
    Array.from(
      textOf("docs/architecture.md").matchAll(/`([\w./-]+(?:\.(?:ts|sql)|\/))`/g),
      ([, path = ""]) => path,
    ),
  );
  expect(named.size).toBeGreaterThan(40);
  const missing: string[] = [];
  for (const path of named) {
    // Of each service, as the text says.
    if (path === "failures.ts") continue;
    const pattern = path.endsWith("/") ? `${path}**/*` : path;
    const [first] = new Bun.Glob(pattern).scanSync({ cwd: ROOT });
    if (first === undefined) missing.push(path);
  }
  expect(missing).toEqual([]);
});

test("docs/architecture.md walks a request through the files that it passes", () => {
  const [, read = "", creation = ""] = textOf("docs/architecture.md").split(/^## A /m);
  for (const walk of [read, creation]) {
    for (const path of [
      "platform/http/admit/admit.ts",
      "platform/resources/checked-routes.ts",
      "platform/http/input.ts",
      "platform/database/measured.ts",
    ]) {
      expect(walk).toContain(`\`${path}\``);
    }
    for (const file of ["routes.ts", "store.ts"]) {
      expect(NAMES.filter((name) => walk.includes(`\`${name}/${file}\``))).toHaveLength(1);
    }
  }
});

test("Every measurement that a page names is one of bun run bench", async () => {
  const { stdout } = await command([process.execPath, join(ROOT, "bench/main.ts"), "--help"]);
  const [, known = ""] = /only some of (\S+)/.exec(stdout) ?? [];
  const pages = Array.from(new Bun.Glob("docs/**/*.md").scanSync(ROOT));
  const all = await Promise.all(pages.map((page) => Bun.file(join(ROOT, page)).text()));
  const named = all.flatMap((text) =>
    Array.from(text.matchAll(/bun run bench --only ([\w,-]+)/g), ([, list = ""]) => list),
  );
  expect(named.length).toBeGreaterThan(6);
  const unknown = named
    .join(",")
    .split(",")
    .filter((name) => !known.split(",").includes(name));
  expect(unknown).toEqual([]);
});
