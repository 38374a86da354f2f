/** Which names a service can have. */
import { Database } from "bun:sqlite";
import { join } from "node:path";

import { SERVICES } from "../../services.ts";
import { ROOT } from "./derived.ts";
import { exists, Refusal } from "./edits.ts";
import { capital, type Words } from "./template.ts";

/** @throws Refusal for a name that is taken, or that cannot be one */
export async function requireUsable({ plural, one }: Words): Promise<void> {
  if (!/^[a-z]{3,30}$/.test(plural)) {
    throw new Refusal("a name has 3 to 30 small letters, and nothing else");
  }
  if (one === plural)
    throw new Refusal(`"${plural}" is not a plural: its resource needs another word`);
  if (SERVICES.some(({ name }) => name === plural))
    throw new Refusal(`"${plural}" is in services.ts`);
  if (exists(plural)) throw new Refusal(`there is a folder ${plural} already`);
  if (!isIdentifier(one)) throw new Refusal(`"${one}" is a word of the language`);
  if (!isTable(plural)) throw new Refusal(`"${plural}" is a word of SQL`);
  const place = await placeOf({ plural, one });
  if (place) throw new Refusal(`${place} uses the word already, for something else`);
}

/** Matches the names where they stand for services: in texts and paths, scopes and variables. */
export function asService(names: readonly string[]): RegExp {
  const [name, variable] = [names.join("|"), names.join("|").toUpperCase()];
  const patterns = [
    `["'\`/](?:${name})(?![A-Za-z])`,
    `\\b(?:${name}):(?:read|write)\\b`,
    `\\b(?:${variable})_[A-Z]`,
  ];
  return new RegExp(patterns.join("|"));
}

function isIdentifier(word: string): boolean {
  try {
    new Bun.Transpiler({ loader: "ts" }).transformSync(`export const ${word} = 1;`);
    return true;
  } catch {
    return false;
  }
}

function isTable(word: string): boolean {
  using database = new Database(":memory:");
  try {
    database.run(`CREATE TABLE ${word} (id TEXT)`);
    return true;
  } catch {
    return false;
  }
}

/** Where a word stands: the platform knows no service, and the templates use it for another thing. */
async function placeOf({ plural, one }: Words): Promise<string | undefined> {
  const forms = [one, capital(one), plural, capital(plural)];
  const identifier = new RegExp(`\\b(?:${forms.join("|")})\\b`);
  const declared = new RegExp(
    `export const (?:New)?${capital(one)}(?:Id|Patch|Page|Path|Query|Title)?\\b`,
  );
  for (const [folder, pattern] of [
    ["platform", asService([plural])],
    ["templates/service", identifier],
    ["shared", declared],
    ["platform/contract", declared],
  ] as const) {
    for (const path of new Bun.Glob("**/*.ts").scanSync(join(ROOT, folder))) {
      const text = await Bun.file(join(ROOT, folder, path)).text();
      if (pattern.test(text)) return `${folder}/${path}`;
    }
  }
  return undefined;
}
