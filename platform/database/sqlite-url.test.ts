import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";

import { temporaryFolder } from "../../tests/support/folders.ts";
import { ConfigError } from "../process/config.ts";
import { openDatabase } from "./open-database.ts";
import { sqlitePathOf } from "./sqlite-url.ts";

describe("The path of a SQLite URL", () => {
  test.each([
    ["sqlite://data/name.db", "data/name.db"],
    ["sqlite:///var/name.db", "/var/name.db"],
    ["sqlite://C:/data/name.db", "C:/data/name.db"],
    ["sqlite://my%20data/100%25%3F%23.db", "my data/100%?#.db"],
    ["sqlite://%C5%81%C3%B3d%C5%BA.db", "Łódź.db"],
    ["sqlite://Łódź and more.db", "Łódź and more.db"],
    ["sqlite://:memory:", ":memory:"],
  ])("of %s is %s", (url, path) => {
    expect(sqlitePathOf(url)).toBe(path);
  });

  test.each([
    ["?mode=ro", "takes no parameters"],
    ["?", "takes no parameters"],
    ["?a#b", "takes no parameters"],
    ["#x", "%23"],
    ["%zz", "%25"],
    ["%", "%25"],
    ["%00", "control character"],
    ["%0Ax", "control character"],
    ["/", "names a folder"],
    ["/..", "names a folder"],
  ])("is refused if %s follows it, and nothing is created", async (end, reason) => {
    using folder = temporaryFolder();
    const error = await openDatabase(`sqlite://${folder.path}/name.db${end}`).catch((one) => one);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toStartWith("DATABASE_URL: ");
    expect(error.message).toContain(reason);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test.each([
    ["sqlite://file:name.db", "expected sqlite://path"],
    ["sqlite://user:secret@host/name.db", "expected sqlite://path"],
    ["sqlite://sqlite://name.db", "expected sqlite://path"],
    ["sqlite://", "expected sqlite://path"],
    ["sqlite://.", "names a folder"],
    ["sqlite:///:memory:", "a database in memory is sqlite://:memory:"],
    ["sqlite://:memory:?cache=shared", "takes no parameters"],
  ])("is refused in %s", (url, reason) => {
    expect(() => sqlitePathOf(url)).toThrow(reason);
    expect(() => sqlitePathOf(url)).not.toThrow("secret");
  });
});
