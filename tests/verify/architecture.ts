/** docs/architecture.md, against what the rooms import. */
import { expect, test } from "bun:test";
import { dirname, join, normalize } from "node:path";

import { ROOT } from "../support/folders.ts";

const page = await Bun.file(join(ROOT, "docs", "architecture.md")).text();

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
