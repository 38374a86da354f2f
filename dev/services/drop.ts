/** `bun run drop`: takes a service away, with everything that `bun run new` writes. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { listed, type ServiceEntry, SERVICES } from "../../services.ts";
import { ROOT } from "./derived.ts";
import {
  asScript,
  bringUpToDate,
  CONTRACT,
  edit,
  exists,
  exportOf,
  LIST,
  pathsOf,
  Refusal,
  requireCommitted,
} from "./edits.ts";
import { forgetPaths, unusedShared } from "./leftovers.ts";

const HELP = `Takes a service away: its folder, its schemas, its documents, its line in services.ts, and its part
of all that follows from the list of services. Every file must be in a commit, so nothing is lost.

Usage: bun run drop NAME [--yes]

  NAME    one of ${SERVICES.map(({ name }) => name).join(", ")}
  --yes   do not ask
  --help  print this text`;

/** What a person has to rewrite. What follows from the sources is up to date. */
const TEXTS = ["*.md", "docs", "bench", ":!CHANGELOG.md", ":!docs/openapi"];

await asScript("drop", main);

async function main(): Promise<void> {
  const { service, yes } = readArguments();
  requireDroppable(service);
  requireCommitted();
  const gone = [...pathsOf(service).filter(exists), ...(await sharedWith(service))];
  console.log(
    `This takes away ${service.name}:\n\n${gone.map((path) => `  ${path}`).join("\n")}\n`,
  );
  if (!yes) ask(service.name);

  for (const path of gone) rmSync(join(ROOT, path), { recursive: true });
  await edit(LIST, (text) => withoutEntry(text, service));
  await edit(CONTRACT, (text) => text.replace(exportOf(service.name), ""));
  await forgetPaths(gone);
  const unused = await unusedShared();
  for (const path of unused) rmSync(join(ROOT, path));
  bringUpToDate();
  tell(service, unused);
}

function readArguments(): { service: ServiceEntry; yes: boolean } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { yes: { type: "boolean", default: false }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    console.log(HELP);
    process.exit();
  }
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) {
    throw new Refusal("give one name. See bun run drop --help");
  }
  const service = SERVICES.find((one) => one.name === name);
  if (service) return { service, yes: values.yes };
  const names = SERVICES.map((one) => one.name).join(", ");
  throw new Refusal(`there is no service "${name}": there are ${names}`);
}

/** @throws Refusal for a service that another one calls, and for the last one */
function requireDroppable({ name }: ServiceEntry): void {
  const callers = SERVICES.filter(({ calls }) => calls.includes(name)).map((one) => one.name);
  if (callers.length > 0) {
    throw new Refusal(`${name} is called by ${listed(callers)}: drop ${listed(callers)} first`);
  }
  if (SERVICES.length === 1) {
    throw new Refusal(`${name} is the only service: write another one first, with bun run new`);
  }
}

/** What is about several services, this one among them. */
async function sharedWith({ name }: ServiceEntry): Promise<string[]> {
  const found: string[] = [];
  for (const path of new Bun.Glob("*/belongs.ts").scanSync(join(ROOT, "tests"))) {
    const { services, paths } = (await import(join(ROOT, "tests", path))) as Belongs;
    if (services.includes(name)) found.push(...paths.filter(exists));
  }
  return found;
}

interface Belongs {
  services: readonly string[];
  paths: readonly string[];
}

/** @throws Refusal unless a person agrees */
function ask(name: string): void {
  if (!process.stdin.isTTY) throw new Refusal("there is no terminal to ask: add --yes");
  if (!confirm(`Drop ${name}?`)) throw new Refusal("nothing was changed");
}

/** Takes an entry out of the list of services. */
function withoutEntry(list: string, { name }: ServiceEntry): string {
  const entries = /^ {2}\{(?:.*\},|\n[^]*?^ {2}\},)\n/gm;
  const left = list.replace(entries, (entry) => (entry.includes(`name: "${name}"`) ? "" : entry));
  if (left !== list) return left;
  throw new Refusal(`${LIST} lists ${name} in an unexpected form: run bun fmt ${LIST}`);
}

function tell({ name }: ServiceEntry, unused: readonly string[]): void {
  const naming = namedIn(name);
  const lines = [
    `Dropped ${name}. Its database, such as data/${name}.db, is still there.`,
    ...(unused.length > 0
      ? [`Nothing used these any more, so they went too: ${unused.join(", ")}`]
      : []),
    ...(naming.length > 0
      ? ["\nThese still have its name as a word. Rewrite what they say of the service:", ...naming]
      : []),
    "\nNext: bun run check && bun test, git diff --stat, and a commit",
  ];
  console.log(lines.join("\n"));
}

/** Documents and benchmarks that have the name as a word, each with how often. */
function namedIn(name: string): string[] {
  const words = ["git", "grep", "-cwiI", name, "--", ...TEXTS];
  const { stdout } = Bun.spawnSync(words, { cwd: ROOT });
  const counts = stdout.toString().trimEnd().split("\n").filter(Boolean);
  return counts.map((line) => `  ${line.replace(/:(\d+)$/, " ($1)")}`);
}
