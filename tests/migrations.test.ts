/** The migrations of each service: their files, and the numbers and names in the list. */
import { describe, expect, test } from "bun:test";
import { basename, join } from "node:path";

import { ROOT } from "./support/folders.ts";
import { definitionOf, NAMES } from "./support/services.ts";

const SHARED = "platform/http/0002_idempotency_keys.sql";

describe.each(NAMES)("The migrations of %s", (name) => {
  test("count up from 1 without gaps", async () => {
    const { migrations } = await definitionOf(name);
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, at) => at + 1));
  });

  test("say which older programs they admit", async () => {
    const { migrations } = await definitionOf(name);
    for (const { version, admitsFrom } of migrations) {
      expect(admitsFrom).toBeWithin(1, version + 1);
    }
  });

  test("have the number, the name and the text of their files, and no file is missing", async () => {
    const { migrations } = await definitionOf(name);
    const own = Array.from(new Bun.Glob(`${name}/migrations/*`).scanSync(ROOT));
    const files = [...own, SHARED].map(async (path) => ({
      file: basename(path),
      sql: await Bun.file(join(ROOT, path)).text(),
    }));
    const listed = migrations.map(({ version, name, sql }) => ({
      file: `${String(version).padStart(4, "0")}_${name}.sql`,
      sql,
    }));
    const byFile = (await Promise.all(files)).toSorted((a, b) => (a.file < b.file ? -1 : 1));
    expect(listed).toEqual(byFile);
  });
});
