/** What `bun run dev` says of mistakes. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { listed, SERVICES } from "../../services.ts";
import {
  devWith,
  freshClone,
  isFree,
  linesOf,
  linesOfDev,
  startDev as start,
} from "../support/dev.ts";
import { FIRST, NAMES } from "../support/services.ts";

setDefaultTimeout(120_000);

const folder = freshClone();
afterAll(() => folder[Symbol.dispose]());

const startDev = start.bind(undefined, folder.path);

test.each(NAMES)(
  "bun run dev prints one line that names the variable if the port of %s is in use",
  async (service) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    await using dev = await startDev({ [service]: String(port) });
    expect(await dev.process.exited).toBe(1);
    await dev.ended();
    expect(linesOfDev(dev.log())).toEqual([
      `dev: port ${port} of ${service} is in use. Stop the process that listens there, or set ` +
        `${service.toUpperCase()}_PORT to another port`,
    ]);
    for (const name of NAMES.filter((name) => name !== service)) {
      expect(await isFree(dev.ports[name])).toBe(true);
    }
    taken.close();
  },
);

type Mistake = [what: string, variables: Record<string, string>, line: string];

const LAST = NAMES.at(-1) ?? FIRST;
/** A variable of one service. */
function of(name: string, variable: string): string {
  return `${name.toUpperCase()}_${variable}`;
}
const PORTS = NAMES.map((name) => of(name, "PORT"));

const ONE_PORT: Mistake = [
  "one port for all",
  Object.fromEntries(PORTS.map((name) => [name, "18080"])),
  `${listed(PORTS)}: each service needs its own port, and all have 18080`,
];

test.each<Mistake>([
  [
    "a variable that all services read",
    { MAX_BODY_BYTES: "none" },
    "MAX_BODY_BYTES: expected a whole number from 1 to 100000000",
  ],
  [
    "variables of one service",
    { [of(FIRST, "PORT")]: "http", [of(LAST, "DATABASE_URL")]: "mysql://root:pw@db/x" },
    `${of(FIRST, "PORT")}: expected a whole number from 0 to 65535; ${of(LAST, "DATABASE_URL")}: expected text ` +
      `like sqlite://data/${LAST}.db or postgres://user:password@host/name`,
  ],
  ...(NAMES.length > 1 ? [ONE_PORT] : []),
  ["a value that AUTH cannot have", { AUTH: "yes" }, "AUTH: expected on or off"],
  ["AUTH=on without a secret", { AUTH: "on" }, "AUTH_ISSUER: required with AUTH=on; "],
])("bun run dev prints one line for %s, and starts nothing", async (_what, variables, line) => {
  await using dev = await startDev({}, variables);
  expect(await dev.process.exited).toBe(2);
  await dev.ended();
  const [only, ...more] = linesOf(dev.log());
  expect(only).toStartWith(`dev: ${line}`);
  expect(more).toEqual([]);
  expect(dev.log()).not.toContain("pw");
});

test("bun run dev prints one line for a fault that only a service can find", async () => {
  await Bun.write(join(folder.path, "file"), "");
  const url = (name: string) => `sqlite://${folder.path}/file/${name}.db`;
  await using dev = await startDev(
    {},
    Object.fromEntries(NAMES.map((name) => [of(name, "DATABASE_URL"), url(name)])),
  );
  expect(await dev.process.exited).toBe(1);
  await dev.ended();
  const [line, ...more] = linesOf(dev.log());
  expect(line).toMatch(/^dev: Cannot use the database .*Set [A-Z]+_DATABASE_URL/);
  expect(more).toEqual([]);
});

test("bun run dev prints one line if all ports are in use", async () => {
  await using first = await startDev();
  await first.said("Press Ctrl-C to stop");
  await using second = await startDev(first.ports);
  expect(await second.process.exited).toBe(1);
  await second.ended();
  const [taken, ...more] = linesOfDev(second.log());
  expect(more).toEqual([]);
  const all = NAMES.map((name) => `port ${first.ports[name]} of ${name}`);
  expect(taken).toStartWith(`dev: ${listed(all)} ${all.length > 1 ? "are" : "is"} in use. Stop `);
  expect(taken).toContain(`or set ${listed(PORTS)} to `);
});

test("Of two at once on the same ports, whichever ends has said why in one line", async () => {
  await using first = await startDev();
  await using second = await startDev(first.ports);
  const both = [first, second];
  const ended = Promise.race(both.map((one) => one.process.exited.then(() => one)));
  const loser = await ended;
  await loser.ended();
  expect(linesOfDev(loser.log())).toHaveLength(1);
  expect(loser.log()).toMatch(/in use\. Stop/);
  expect(loser.log()).not.toMatch(/^ +at /m);
});

test("bun run dev ignores DATABASE_URL and prints which variables to set instead", async () => {
  const given = "sqlite://elsewhere.db";
  const own = `sqlite://${folder.path}/own.db`;
  const variables = { DATABASE_URL: given, [of(FIRST, "DATABASE_URL")]: own };
  await using dev = await startDev({}, variables);
  await dev.said("Press Ctrl-C to stop");
  expect(linesOfDev(dev.log())).toEqual([
    "dev: DATABASE_URL is ignored, because each service needs its own: set " +
      `${listed(NAMES.map((name) => `${name.toUpperCase()}_DATABASE_URL`))}`,
  ]);
  expect(existsSync(join(folder.path, "elsewhere.db"))).toBe(false);
  expect(existsSync(join(folder.path, "own.db"))).toBe(true);
});

test("A misspelt variable is named once", async () => {
  await using dev = await startDev({}, { RATE_LIMT: "1/60s", [of(FIRST, "PROT")]: "1" });
  await dev.said("Press Ctrl-C to stop");
  expect(
    linesOf(dev.log())
      .filter((line) => line.includes("ignored"))
      .toSorted(),
  ).toEqual(
    [
      "dev: RATE_LIMT is ignored: did you mean RATE_LIMIT?",
      `dev: ${of(FIRST, "PROT")} is ignored: did you mean ${of(FIRST, "PORT")}?`,
    ].toSorted(),
  );
});

test.each(["--help", "-h", "help", "--auth --help", "--nope --help"])(
  "bun run dev %s lists every variable and starts nothing",
  async (word) => {
    const { exitCode, stdout, stderr } = await devWith(folder.path, ...word.split(" "));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    for (const { name, port } of SERVICES) {
      expect(stdout).toMatch(new RegExp(`^ +${name.toUpperCase()}_PORT .*\\[${port}\\]$`, "m"));
      expect(stdout).toContain(`[sqlite://data/${name}.db]`);
    }
    expect(stdout).toContain("--reset");
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  },
);

test.each(["--watch", FIRST])(
  "bun run dev prints one line and exits with 2 for the unknown argument %s",
  async (word) => {
    const outcome = await devWith(folder.path, word);
    const stderr = `dev: unknown argument "${word}". See bun run dev --help\n`;
    expect(outcome).toEqual({ exitCode: 2, stdout: "", stderr });
    expect(await devWith(folder.path, "--auth", word)).toEqual(outcome);
  },
);
