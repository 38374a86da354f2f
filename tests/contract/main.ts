/** `bun run contract`: compares the OpenAPI documents with those that clients rely on. */
import { join } from "node:path";
import { parseArgs } from "node:util";

import { ROOT } from "../support/folders.ts";
import { NAMES } from "../support/services.ts";
import { type Change, compareDocuments } from "./compare.ts";
import {
  documentAt,
  documentOf,
  majorOf,
  pathOf,
  promiseOf,
  typesOf,
  typesPathOf,
} from "./documents.ts";

const HELP = `Compares the OpenAPI documents of the sources with those of a commit.

Usage: bun run contract [options] [COMMIT]

The default is the first commit with this major version.

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
    const document = await documentOf(name);
    const major = majorOf(document) ?? "";
    const ref = positionals[0] ?? promiseOf(name, major);
    const before = ref === undefined ? undefined : documentAt(ref, name);
    if (!before) {
      console.log(`${name}: no earlier document to compare with`);
      continue;
    }
    const changes = compareDocuments(before, document);
    const since = `${ref?.slice(0, 12)} (${before.info.version} -> ${document.info.version})`;
    console.log(`${name}: ${changes.length} changes since ${since}`);
    for (const change of sorted(changes)) console.log(lineOf(change));
    const isBroken = changes.some(({ breaking }) => breaking);
    if (!isBroken) continue;
    if (majorOf(before) === major) process.exitCode = 1;
    else console.log(`${name}: version ${major} may break clients of version ${majorOf(before)}`);
  }
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
