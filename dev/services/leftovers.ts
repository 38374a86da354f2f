/** What is left behind of paths that were taken away: scripts, settings, rows of pages, unused files. */
import { dirname, join, normalize } from "node:path";

import { formatted, ROOT } from "./derived.ts";
import { CONTRACT, edit, textOf } from "./edits.ts";

/** Takes away what names nothing but these paths. */
export async function forgetPaths(gone: readonly string[]): Promise<void> {
  const scripts = await forgetScripts(gone);
  await edit("tsconfig.json", (text) =>
    text.replace(/"exclude": \[(.*)\]/, (_, list: string) => {
      const kept = list.split(", ").filter((word) => !isUnder(word.slice(1, -1), gone));
      return `"exclude": [${kept.join(", ")}]`;
    }),
  );
  // One entry for each folder with packages of its own.
  await edit(".github/dependabot.yml", (text) =>
    text.replaceAll(/^ {2}- package-ecosystem:.*\n(?: {4}.*\n)*/gm, (entry) => {
      const [, folder = ""] = /directory: \/(\S*)/.exec(entry) ?? [];
      return isUnder(folder, gone) ? "" : entry;
    }),
  );
  for (const pattern of ["*.md", "docs/**/*.md"]) {
    for (const page of new Bun.Glob(pattern).scanSync(ROOT)) {
      const before = await textOf(page);
      const text = withoutLinks(withoutRows(before, { gone, scripts }), dirname(page), gone);
      if (text !== before) await Bun.write(join(ROOT, page), await formatted(page, text));
    }
  }
}

/** Takes away the scripts that run a file of these paths, and returns their names. */
async function forgetScripts(gone: readonly string[]): Promise<string[]> {
  const forgotten: string[] = [];
  await edit("package.json", (text) => {
    const described = JSON.parse(text) as { scripts: Record<string, string> };
    for (const [name, command] of Object.entries(described.scripts)) {
      if (!command.split(" ").some((word) => isUnder(word, gone))) continue;
      forgotten.push(name);
      delete described.scripts[name];
    }
    return `${JSON.stringify(described, null, 2)}\n`;
  });
  return forgotten;
}

/** Takes away the rows of tables that refer only to what is gone. */
export function withoutRows(
  page: string,
  { gone, scripts }: { gone: readonly string[]; scripts: readonly string[] },
): string {
  const isGone = (reference: string) =>
    isUnder(reference, gone) || scripts.includes(/^bun run (\S+)$/.exec(reference)?.[1] ?? "");
  const lines = page.split("\n").filter((line) => {
    const references = line.startsWith("| ") ? referencesOf(line) : [];
    return references.length === 0 || !references.every(isGone);
  });
  return lines.join("\n");
}

/** Leaves the words of links to what is gone, on a page of this folder. */
function withoutLinks(page: string, folder: string, gone: readonly string[]): string {
  return page.replaceAll(
    /(?<!!)\[([^\]]*)\]\(([^)#:]+)(?:#[^)]*)?\)/g,
    (link, words: string, path: string) => (isUnder(join(folder, path), gone) ? words : link),
  );
}

/** The files, folders and scripts that a line of a page names. */
function referencesOf(line: string): string[] {
  const links = Array.from(line.matchAll(/\]\(([^)#:]+)\)/g), ([, path = ""]) => path);
  const named = Array.from(
    line.matchAll(/`(bun run [a-z]+|[\w.-]+\/[\w./-]*)`/g),
    ([, one = ""]) => one,
  );
  return [...links, ...named];
}

/** Whether the path is one of these, or inside one. */
function isUnder(path: string, paths: readonly string[]): boolean {
  const clean = normalize(path).replace(/\/$/, "");
  return paths.some((one) => clean === one || clean.startsWith(`${one}/`));
}

/** The files of shared/ that nothing imports, except for those that are imported by such a file alone. */
export async function unusedShared(): Promise<string[]> {
  const imports = new Map<string, string[]>();
  for (const path of Array.from(new Bun.Glob("**/*.ts").scanSync(ROOT)).filter(isSource)) {
    const found = (await textOf(path)).matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
    imports.set(
      path,
      Array.from(found, ([, target = ""]) => normalize(join(dirname(path), target))),
    );
  }
  const shared = Array.from(new Bun.Glob("shared/*.{ts,json}").scanSync(ROOT));
  const unused: string[] = [];
  const isUnused = (file: string) => {
    if (unused.includes(file) || file === CONTRACT || file.endsWith(".test.ts")) return false;
    const own = file.replace(/\.ts$/, ".test.ts");
    return ![...imports].some(
      ([path, targets]) => path !== own && !unused.includes(path) && targets.includes(file),
    );
  };
  for (let next = shared.find(isUnused); next; next = shared.find(isUnused)) {
    unused.push(next, ...shared.filter((one) => one === next?.replace(/\.ts$/, ".test.ts")));
  }
  return unused;
}

/** Whether a file is neither of a package, nor built, nor a template. */
function isSource(path: string): boolean {
  return !/^(?:node_modules|dist|templates)\//.test(path);
}
