/** `bun run contract`: compares the OpenAPI documents with those that clients rely on. */
import { join } from "node:path";
import { parseArgs } from "node:util";

import type { ServiceName } from "../../services.ts";
import { ROOT } from "../support/folders.ts";
import { NAMES } from "../support/services.ts";
import { type Change, compareDocuments } from "./compare.ts";
import {
  documentAt,
  documentOf,
  hasChecks,
  majorOf,
  pathOf,
  promisesOf,
  typesOf,
  typesPathOf,
} from "./documents.ts";

const HELP = `Compares the OpenAPI documents of the sources with those of a commit.

Usage: bun run contract [options] [COMMIT]

The default is the first commit with this major version, and the first whose documents have
identity, limits and CORS. A document without them is compared with the one without.

  --write    update docs/openapi: the documents, and the types for a client
  --help     print this text

Exit code: 0 if no change breaks clients or the major version is new, 1 if a change breaks clients,
2 for wrong usage.
`;

try {
  await main();
} catch (error) {
  console.error(`contract: ${(error as Error).message}`);
  process.exit(2);
}
process.exit();

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { write: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return console.log(HELP.trimEnd());
  if (values.write) return write();

  for (const name of NAMES) {
    const major = majorOf(await documentOf(name)) ?? "";
    const commits = positionals.length > 0 ? positionals.slice(0, 1) : promisesOf(name, major);
    let isFirst = true;
    for (const commit of commits) if (await compare(name, commit)) isFirst = false;
    if (isFirst) console.log(`${name}: no earlier document to compare with`);
  }
}

/** Prints the changes since a commit. Returns whether it has a document. */
async function compare(name: ServiceName, commit: string): Promise<boolean> {
  const before = documentAt(commit, name);
  if (!before) return false;
  const checks = hasChecks(before);
  const document = await documentOf(name, { checks });
  const major = majorOf(document);
  const changes = compareDocuments(before, document);
  const since = `${commit.slice(0, 12)} (${before.info.version} -> ${document.info.version})`;
  console.log(
    `${name} ${checks ? "with" : "without"} checks: ${changes.length} changes since ${since}`,
  );
  for (const change of sorted(changes)) console.log(lineOf(change));
  const broken = changes.filter(({ breaking }) => breaking).length;
  console.log(`${name}: ${broken === 0 ? "none breaks" : `${broken} break`} clients`);
  if (broken === 0) return true;
  if (majorOf(before) === major) process.exitCode = 1;
  else console.log(`${name}: version ${major} may break clients of version ${majorOf(before)}`);
  return true;
}

async function write() {
  for (const name of NAMES) {
    const document = await documentOf(name);
    await Bun.write(join(ROOT, pathOf(name)), `${JSON.stringify(document, null, 2)}\n`);
    await Bun.write(join(ROOT, typesPathOf(name)), await typesOf(document));
  }
  const files = NAMES.flatMap((name) => [pathOf(name), typesPathOf(name)]);
  Bun.spawnSync([process.execPath, "fmt", ...files], { cwd: ROOT });
  console.log(files.join("\n"));
}

/** Breaking changes first. */
function sorted(changes: readonly Change[]): Change[] {
  return changes.toSorted((a, b) => Number(b.breaking) - Number(a.breaking));
}

function lineOf({ breaking, where, what }: Change): string {
  return `  ${breaking ? "BREAKS" : "      "}  ${where}: ${what}`;
}
