/** docs/architecture.md, against the files that it names and what they import. */
import { expect, test } from "bun:test";
import { dirname, join, normalize } from "node:path";

import { ROOT } from "../support/folders.ts";
import { NAMES } from "../support/services.ts";

const page = await Bun.file(join(ROOT, "docs", "architecture.md")).text();

test("docs/architecture.md names only files and folders that exist", async () => {
  const named = new Set(
    Array.from(page.matchAll(/`([\w./-]+(?:\.(?:ts|sql)|\/))`/g), ([, path = ""]) => path),
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

test("docs/architecture.md lists the rooms of platform/, in order, with what each imports from", async () => {
  const rooms = Array.from(
    page.matchAll(/^\| `(\w+)` +\|[^|]*\| (.*?) *\|$/gm),
    ([, room = "", from = ""]) => [room, Array.from(from.matchAll(/\w+/g), ([name]) => name)],
  ) as [string, string[]][];
  const names = rooms.map(([room]) => room);
  const found = new Map<string, Set<string>>();
  for (const path of new Bun.Glob("platform/*/**/*.ts").scanSync(ROOT)) {
    const [, room = ""] = path.split("/");
    if (path.endsWith(".test.ts") || path.endsWith(".d.ts") || room === "testing") continue;
    const from = found.get(room) ?? new Set();
    found.set(room, from);
    const text = await Bun.file(join(ROOT, path)).text();
    for (const [, target = ""] of text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+\.ts)"/g)) {
      const [top, other = ""] = normalize(join(dirname(path), target)).split("/");
      if (top === "platform" && other !== room) from.add(other);
    }
  }
  expect(names.toSorted()).toEqual([...found.keys()].toSorted());
  const imported = names.map((room) => [room, names.filter((one) => found.get(room)?.has(one))]);
  expect(rooms).toEqual(imported as [string, string[]][]);
  for (const [index, [, from]] of rooms.entries()) {
    expect(from.filter((one) => !names.slice(0, index).includes(one))).toEqual([]);
  }
});

test("docs/architecture.md walks a request through the files that it passes", () => {
  const [, read = "", creation = ""] = page.split(/^## A /m);
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
