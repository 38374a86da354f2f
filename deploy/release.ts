/** Builds the files and images of a release: `bun run release --help`. */
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import packageJson from "../package.json";
import { pushImages } from "./images.ts";

const ROOT = join(import.meta.dir, "..");

const HELP = `Builds what a release publishes: the executables for every platform, each with its bill of
materials, LICENSES.txt, SHA256SUMS, and NOTES.md, the section of CHANGELOG.md. Or the images.

Usage: bun run release [options] [-- OPTION ...]

  --tag TAG          the tag of the release: v and the version [v${packageJson.version}]
  --notes            write only the notes, to standard output
  --out DIRECTORY    write the files there; has to be empty [dist/release]
  --images REGISTRY  only build and push the images REGISTRY/SERVICE:VERSION, for amd64 and
                     arm64, with each OPTION of docker buildx build
  --help             show this help
`;

/** What the person who releases has to correct: prints one line, exits with 2. */
class ReleaseError extends Error {}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof ReleaseError)) throw error;
  console.error(`release: ${error.message}`);
  process.exitCode = 2;
}

/** Returns the exit code. */
async function main(): Promise<number> {
  const { tag, notes: isNotes, out, images, options, help } = parseOptions();
  if (help) return say(HELP);
  const { version } = packageJson;
  if (tag !== `v${version}`) {
    throw new ReleaseError(`the tag ${tag} is not v${version}, the version in package.json`);
  }
  const notes = notesIn(await Bun.file(join(ROOT, "CHANGELOG.md")).text(), version);
  if (isNotes) return say(notes);
  if (images !== undefined) {
    await pushImages({ registry: images, version, options });
    return 0;
  }
  if (filesIn(out).length > 0) throw new ReleaseError(`${out} is not empty`);
  const words = [process.execPath, join(ROOT, "build.ts"), "--target", "all", "--out", out];
  const build = Bun.spawn(words, { stdio: ["ignore", "inherit", "inherit"] });
  if ((await build.exited) !== 0) return 1;
  await Bun.write(join(out, "NOTES.md"), notes);
  return 0;
}

function parseOptions() {
  try {
    const { values, positionals: options } = parseArgs({
      allowPositionals: true,
      options: {
        tag: { type: "string", default: `v${packageJson.version}` },
        notes: { type: "boolean", default: false },
        out: { type: "string", default: join(ROOT, "dist", "release") },
        images: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (options.length > 0 && values.images === undefined) {
      throw new Error(`Unknown word '${options[0]}'`);
    }
    return { ...values, options, out: resolve(values.out) };
  } catch (error) {
    const [message = ""] = (error as Error).message.split(".", 1);
    throw new ReleaseError(`${message}. Try bun run release --help`);
  }
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

/**
 * Returns the section of a version, without its heading.
 *
 * @throws ReleaseError if there is none
 */
function notesIn(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const [text] = sections.flatMap((section) => {
    const [heading = "", ...lines] = section.split("\n");
    return heading.split(" ")[0] === version ? [lines.join("\n").trim()] : [];
  });
  if (!text) throw new ReleaseError(`CHANGELOG.md has no section ${version}`);
  return `${text}\n`;
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
