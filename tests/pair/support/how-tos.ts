/** The how-tos of docs/extending.md: what they change, and the commands that they name. */
import { join } from "node:path";

/** One block of a how-to. */
export type Step = { edits: Edit[] } | { commands: Command[] };

export interface HowTo {
  heading: string;
  steps: Step[];
}

export interface Edit {
  path: string;
  /** The lines of a `diff` that belong together, each with its first character. */
  lines: string[];
}

export interface Command {
  line: string;
  /** The files that the page says it names. */
  names: string[];
}

/** Returns the sections of a page that change something. */
export function howTosOf(page: string): HowTo[] {
  return page
    .split(/^## /m)
    .map((section) => ({
      heading: section.split("\n", 1).join(""),
      steps: Array.from(
        section.matchAll(/^```(diff|sh)\n([^]*?)^```$/gm),
        ([, kind, block = ""]): Step =>
          kind === "diff" ? { edits: editsIn(block) } : { commands: commandsIn(block) },
      ),
    }))
    .filter(({ steps }) => steps.some((step) => "edits" in step));
}

function editsIn(block: string): Edit[] {
  return block.split(/^\+\+\+ /m).flatMap((part) => {
    const [path = "", ...lines] = part.trimEnd().split("\n");
    const hunks = lines.join("\n").split(/^@@\n/m);
    return path === "" ? [] : hunks.map((hunk) => ({ path, lines: hunk.trimEnd().split("\n") }));
  });
}

function commandsIn(block: string): Command[] {
  return block
    .trimEnd()
    .split("\n")
    .map((text) => {
      const [line = "", comment = ""] = text.split(/ +# /);
      const [, list = ""] = /^names ([^:]*)/.exec(comment) ?? [];
      return { line, names: list.split(/, | and /).filter(Boolean) };
    });
}

/**
 * Changes a file below the folder.
 *
 * @throws Error if the file has not exactly one such place, or exists although it is new
 */
export async function apply({ path, lines }: Edit, folder: string): Promise<void> {
  const file = Bun.file(join(folder, path));
  const isNew = lines.every((line) => line.startsWith("+"));
  if (isNew === (await file.exists())) throw new Error(`${path} ${isNew ? "exists" : "is gone"}`);
  const texts = isNew ? [] : (await file.text()).split("\n");
  const old = lines.filter((line) => !line.startsWith("+"));
  const places = texts
    .keys()
    .filter((at) => old.every((line, index) => isLike(line.slice(1), texts[at + index])))
    .toArray();
  const [at = 0] = places;
  if (!isNew && places.length !== 1) {
    throw new Error(`${path} has ${places.length} places with\n${old.join("\n")}`);
  }
  let next = at;
  const put = lines.flatMap((line) => {
    if (line.startsWith("+")) return [line.slice(1)];
    next += 1;
    return line.startsWith("-") ? [] : [texts[next - 1] ?? ""];
  });
  if (isNew) put.push("");
  await file.write(texts.toSpliced(at, old.length, ...put).join("\n"));
}

/** Whether a line is the shown one, in which `…` at the end stands for the rest. */
function isLike(shown: string, line = ""): boolean {
  return shown.endsWith("…") ? line.startsWith(shown.slice(0, -1)) : line === shown;
}
