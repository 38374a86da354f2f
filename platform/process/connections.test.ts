import { describe, expect, test } from "bun:test";

import { ConfigError } from "./config.ts";
import { ceilingOf, readOpenFiles } from "./connections.ts";

const MIB = 1024 * 1024;
const SPACIOUS = { soft: 1_048_576, hard: 1_048_576 };
const auto = { configured: "auto", openFiles: SPACIOUS, memoryBytes: 96 * MIB, ownFiles: 33 };

describe("The maximum number of connections", () => {
  test.each([
    [64, 715],
    [96, 2_146],
    [128, 3_577],
    [1_024, 43_642],
  ])("is what memory of %d MiB allows: %d", (mib, connections) => {
    expect(ceilingOf({ ...auto, memoryBytes: mib * MIB })).toEqual({
      connections,
      from: "memory",
      openFiles: { soft: connections + 33, hard: 1_048_576 },
    });
  });

  test("is what the limit of open files allows, which then stays as it is", () => {
    for (const soft of [256, 1_024]) {
      const openFiles = { soft, hard: 4_096 };
      const from = "ulimit -n";
      expect(ceilingOf({ ...auto, openFiles })).toEqual({
        connections: soft - 33,
        from,
        openFiles,
      });
    }
  });

  test("is limited by open files where memory has no limit, and by nothing without both", () => {
    const memoryBytes = Infinity;
    expect(ceilingOf({ ...auto, memoryBytes }).from).toBe("ulimit -n");
    const unlimited = { soft: Infinity, hard: Infinity };
    expect(ceilingOf({ ...auto, openFiles: unlimited }).openFiles).toEqual({
      soft: 2_146 + 33,
      hard: Infinity,
    });
    const { connections } = ceilingOf({ ...auto, openFiles: unlimited, memoryBytes });
    expect(connections).toBe(Infinity);
  });

  test("is never so low that nobody is served", () => {
    expect(ceilingOf({ ...auto, memoryBytes: 32 * MIB }).connections).toBe(64);
    const openFiles = { soft: 20, hard: 20 };
    expect(ceilingOf({ ...auto, openFiles }).connections).toBe(1);
  });

  test("is the configured one, with the soft limit raised if needed", () => {
    const openFiles = { soft: 256, hard: 4_096 };
    expect(ceilingOf({ ...auto, configured: "3000", openFiles })).toEqual({
      connections: 3_000,
      from: "MAX_CONNECTIONS",
      openFiles: { soft: 3_033, hard: 4_096 },
    });
  });

  test("is a mistake of the operator if it is above the hard limit", () => {
    const openFiles = { soft: 256, hard: 4_096 };
    expect(() => ceilingOf({ ...auto, configured: "4063", openFiles })).not.toThrow();
    expect(() => ceilingOf({ ...auto, configured: "4064", openFiles })).toThrow(
      new ConfigError(
        "MAX_CONNECTIONS: expected at most 4063, because the process may open 4096 files and needs " +
          "33 itself. Raise `ulimit -Hn`, or lower it",
      ),
    );
  });

  test("is known but not enforced where the system tells no limit of open files", () => {
    expect(ceilingOf({ ...auto, openFiles: undefined }).openFiles).toBeUndefined();
  });
});

test.if(process.platform === "linux")(
  "The limits of open files are those of the shell",
  async () => {
    const read = `import { readOpenFiles } from "${import.meta.dir}/connections.ts";
    console.log(JSON.stringify(await readOpenFiles()));`;
    const words = ["sh", "-c", 'ulimit -n 321; exec "$0" -e "$1"', process.execPath, read];
    const { stdout } = Bun.spawnSync(words);
    expect(JSON.parse(stdout.toString())).toEqual({ soft: 321, hard: 321 });
    expect((await readOpenFiles())?.hard).toBeGreaterThan(0);
  },
);
