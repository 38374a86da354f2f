/** Every page can be found and read, and its links and figures are those of the sources. */
import { describe, expect, test } from "bun:test";
import { dirname, join, relative } from "node:path";

import { ROOT } from "../support/folders.ts";

// A glob of Bun with a path in braces finds no file.
const pages = ["*.md", "docs/**/*.md", "deploy/*/*.md"]
  .flatMap((pattern) => Array.from(new Bun.Glob(pattern).scanSync(ROOT)))
  .toSorted();
const texts = new Map<string, string>();
for (const page of pages) texts.set(page, await Bun.file(join(ROOT, page)).text());
const textOf = (page: string) => texts.get(page) ?? "";

test("docs/capacity.md has the processor times of the last run", () => {
  const rows = textOf("docs/capacity.md").matchAll(/ ([\d.]+) µs +\| +([\d,]+) +\|/g);
  const shown = Array.from(rows, ([, us = "", rate = ""]) => ({ us, rate }));
  expect(shown.length).toBeGreaterThan(7);
  const measured = textOf("docs/performance.md").match(/(?<= )\d+(?:\.\d)?(?= )/g);
  for (const { us, rate } of shown) {
    expect(measured).toContain(us);
    const perSecond = Number(rate.replaceAll(",", ""));
    expect(Math.abs(perSecond * Number(us) - 1_000_000)).toBeLessThan(30_000);
  }
});

test.each(pages.filter((page) => /^docs\/[^/]+\.md$/.test(page)))(
  "%s begins with a paragraph that says what it is for",
  (page) => {
    expect(textOf(page)).toMatch(/^# .+\n\n[A-Z*`][^\n]{40,}/);
  },
);

describe.each([
  ["docs/README.md", (page: string) => !/^docs\/decisions\/(?!README)|^CHANGELOG/.test(page)],
  ["docs/decisions/README.md", (page: string) => page.startsWith("docs/decisions/")],
])("The index %s", (index, belongs) => {
  test("lists every page once", () => {
    const linked = linksOf(index).map(({ path }) => path);
    const listed = linked.filter((path) => path.endsWith(".md")).toSorted();
    expect(listed).toEqual(pages.filter((page) => page !== index && belongs(page)));
  });

  test("names each page as its file is named", () => {
    const entries = Array.from(
      textOf(index).matchAll(/^- \[(.+?)\]\(([^/\n)]+\.md)\): ./gm),
      ([, name, path]) => [name, path],
    );
    expect(entries.length).toBeGreaterThan(10);
    for (const [name, path] of entries) expect(name).toBe(path);
  });
});

test.each(pages)("Every link of %s leads to a file and a heading that exist", async (page) => {
  for (const { path, anchor } of linksOf(page)) {
    const there = pages.includes(path) || (await Bun.file(join(ROOT, path)).exists());
    const folder = [...new Bun.Glob(`${path}/*`).scanSync(ROOT)].length > 0;
    expect([path, there || folder]).toEqual([path, true]);
    if (anchor !== "")
      expect([path, headingsOf(path)]).toEqual([path, expect.arrayContaining([anchor])]);
  }
});

/** The links of a page to files of the repository, as paths from its root. */
function linksOf(page: string): { path: string; anchor: string }[] {
  const prose = textOf(page).replaceAll(/```[^]*?```/g, "");
  return Array.from(prose.matchAll(/\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)/g), (match) => {
    const [, path = "", anchor = ""] = match;
    const target = path === "" ? page : relative(ROOT, join(ROOT, dirname(page), path));
    return { path: target, anchor };
  });
}

/** The anchors that a page has: its headings as GitHub writes them. */
function headingsOf(page: string): string[] {
  const prose = textOf(page).replaceAll(/```[^]*?```/g, "");
  return Array.from(prose.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
