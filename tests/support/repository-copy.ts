/** A copy of the repository, for tests of commands that change it. */
import { cpSync } from "node:fs";
import { join } from "node:path";

import { command } from "./executables.ts";
import { ROOT, temporaryFolder } from "./folders.ts";

/** Copies what a commit of this folder would have, installs the packages and commits it all. */
export async function repositoryCopy() {
  const folder = temporaryFolder();
  const run = (...words: string[]) =>
    command(words, { environment: environment(), folder: folder.path });
  const { stdout } = Bun.spawnSync(["git", "ls-files", "-co", "--exclude-standard"], { cwd: ROOT });
  for (const path of stdout.toString().trimEnd().split("\n")) {
    // A file that is removed, but not yet in a commit, is still in the list.
    if (await Bun.file(join(ROOT, path)).exists()) {
      cpSync(join(ROOT, path), join(folder.path, path));
    }
  }
  const copy = {
    path: folder.path,
    run,
    /** Runs a command. @throws Error with what it said, if it fails */
    async succeeds(...words: string[]): Promise<string> {
      const { exitCode, stdout, stderr } = await run(...words);
      if (exitCode === 0) return stdout;
      throw new Error(`${words.join(" ")} failed:\n${failuresIn(`${stdout}\n${stderr}`)}`);
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
  await copy.succeeds(process.execPath, "install", "--frozen-lockfile");
  await copy.succeeds("git", "init", "--quiet");
  await copy.succeeds("git", "add", "--all");
  const author = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
  await copy.succeeds("git", ...author, "commit", "--quiet", "--message=copy");
  return copy;
}

function environment() {
  const { PATH = "", HOME = "" } = process.env;
  return { PATH, HOME };
}

/** What a long output says of failures: without the tests that passed, and only its end. */
function failuresIn(output: string): string {
  const lines = output.split("\n").filter((line) => line !== "" && !line.startsWith("(pass)"));
  return lines.slice(-100).join("\n");
}
