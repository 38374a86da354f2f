/** The first session of the README. */
import { join } from "node:path";

import { ROOT } from "./folders.ts";

export interface Typed {
  /** The command, in one line. */
  line: string;
  /** The command and its output. */
  shown: string;
}

/** Returns every command of the README with the output that it shows. */
export async function firstSession(): Promise<Typed[]> {
  const readme = await Bun.file(join(ROOT, "README.md")).text();
  return [...readme.matchAll(/^```console\n([^]*?)^```$/gm)]
    .flatMap(([, block = ""]) => block.split(/^\$ /m).slice(1))
    .map((shown) => ({ line: shown.split("\n", 1).join(""), shown }));
}
