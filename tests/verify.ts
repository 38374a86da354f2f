/**
 * `bun run verify`: every test that needs an executable, a process that is killed, a browser, or a
 * document, from `tests/verify/`, and from `tests/pair/verify/`. Each file
 * runs in a process of its own, as many at a time as there are cores, and gets a line at its end.
 */
import { basename, join } from "node:path";
import { parseArgs } from "node:util";

import { buildFolder } from "./support/executables.ts";
import { ROOT } from "./support/folders.ts";

/** Those that take longest start first. All others take a few seconds. */
const LONG = [
  "dropped",
  "generated",
  "hostile",
  "fuzz",
  "generators",
  "call-faults",
  "alerts",
  "crash",
  "faults",
];
/** They keep every core busy, or measure how busy one is: they run after the others, one by one. */
const ALONE = ["overload", "rolling-restart"];
const WORKERS_MAX = 4;

/** The path of each file by its name. */
const files = new Map(
  Array.from(new Bun.Glob("**/verify/*.ts").scanSync(join(ROOT, "tests")), (file) => [
    basename(file, ".ts"),
    join("tests", file),
  ]),
);
const names = [
  ...LONG.filter((name) => files.has(name)),
  ...files
    .keys()
    .filter((name) => !LONG.includes(name))
    .toArray()
    .toSorted(),
];

const HELP = `Runs the tests that are too slow to run after each change; \`bun test\` runs the others.

Usage: bun run verify [NAME ...] [--workers N]

  NAME         only these files [all]
  --workers N  how many files to run at a time [one a core, at most ${WORKERS_MAX}]

Files: ${names.toSorted().join(" ")}

The first run of generators, imports or requests installs tests/generators, from the npm registry.
A test that lacks a system package passes over itself, unless REQUIRE_CHROMIUM=1, REQUIRE_PROMTOOL=1,
REQUIRE_EMULATOR=1 or REQUIRE_PROXIES=1.`;

interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
}

process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  const chosen = choose(args);
  if (typeof chosen === "string") {
    const asked = chosen === HELP;
    (asked ? console.log : console.error)(asked ? chosen : `verify: ${chosen}`);
    return asked ? 0 : 2;
  }
  const startedMs = performance.now();
  console.log("building the executables");
  await buildFolder();

  const total: Outcome = { passed: 0, failed: 0, skipped: 0 };
  const run = async (name: string) => {
    const { passed, failed, skipped } = await verify(name);
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  };
  const queue = chosen.names.filter((name) => !ALONE.includes(name));
  await Promise.all(
    Array.from({ length: chosen.workers }, async () => {
      for (let name = queue.shift(); name; name = queue.shift()) await run(name);
    }),
  );
  for (const name of chosen.names.filter((one) => ALONE.includes(one))) await run(name);

  const skipped = total.skipped > 0 ? `\n ${total.skipped} skip` : "";
  console.log(`\n ${total.passed} pass${skipped}\n ${total.failed} fail`);
  console.log(`${chosen.names.length} files in ${secondsSince(startedMs)}`);
  return total.failed === 0 ? 0 : 1;
}

/** Returns the files and the number of workers, or the help, or what is wrong. */
function choose(args: string[]): { names: string[]; workers: number } | string {
  const cores = Math.min(navigator.hardwareConcurrency, WORKERS_MAX);
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        workers: { type: "string", default: String(cores) },
      },
    });
    if (values.help) return HELP;
    if (!/^[1-9]\d?$/.test(values.workers)) return "--workers: expected 1 to 99";
    const unknown = positionals.find((name) => !names.includes(name));
    if (unknown) return `unknown file "${unknown}". Expected ${names.toSorted().join(", ")}`;
    const wanted = names.filter((name) => positionals.length === 0 || positionals.includes(name));
    return { names: wanted, workers: Number(values.workers) };
  } catch (error) {
    return (error as Error).message.split("\n", 1)[0] ?? "";
  }
}

/** Runs one file, and prints its line; if it fails, also what it said. */
async function verify(name: string): Promise<Outcome> {
  const startedMs = performance.now();
  const child = Bun.spawn(
    // A path that starts with "./" is a file; another word would be a filter of test files.
    [process.execPath, "test", "--no-orphans", `./${files.get(name)}`],
    { cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  );
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const count = (word: string) => Number(new RegExp(`^ *(\\d+) ${word}$`, "m").exec(stderr)?.[1]);
  const passed = count("pass") || 0;
  const skipped = count("skip") || 0;
  // A file that stopped early, or that ran no test, has failed too.
  const complete = exitCode === 0 && passed + skipped > 0;
  const failed = count("fail") || (complete ? 0 : 1);
  const word = failed > 0 ? "FAILED" : "ok";
  const parts = [`${passed} passed`, failed && `${failed} failed`, skipped && `${skipped} skipped`];
  const counts = parts.filter(Boolean).join(", ");
  console.log(
    `${word.padEnd(6)}  ${name.padEnd(18)} ${counts.padEnd(28)} ${secondsSince(startedMs)}`,
  );
  if (failed > 0) console.log(`${stdout}\n${stderr.replaceAll(/^\(pass\).*\n/gm, "")}`);
  return { passed, failed, skipped };
}

function secondsSince(startedMs: number): string {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}
