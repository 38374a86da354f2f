/** Copies of the sources with one fault in them, to see that a test finds it. */
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "./folders.ts";
import { NAMES } from "./services.ts";

export interface Mutation {
  /** `SERVICE/...` stands for the first service whose file has the text. */
  file: string;
  from: string | RegExp;
  to: string;
}

/**
 * Copies what the services, the fuzzer and the tests of the program need to a folder, and changes it.
 *
 * @throws Error if no file has the text
 */
export async function mutate(to: string, { file, from, to: text }: Mutation): Promise<void> {
  copySources(to);
  for (const place of placesOf(file)) {
    const path = join(to, place);
    const source = await Bun.file(path).text();
    const mutated =
      typeof from === "string" ? source.replace(from, () => text) : source.replace(from, text);
    if (mutated === source) continue;
    await Bun.write(path, mutated);
    return;
  }
  throw new Error(`No ${file} has ${from}`);
}

/** Whether a file has the text, so that there can be such a fault. */
export async function isPossible({ file, from }: Mutation): Promise<boolean> {
  const texts = placesOf(file).map((place) => Bun.file(join(ROOT, place)).text());
  return (await Promise.all(texts)).some((text) =>
    typeof from === "string" ? text.includes(from) : from.test(text),
  );
}

function placesOf(file: string): string[] {
  return file.startsWith("SERVICE/") ? NAMES.map((one) => file.replace("SERVICE", one)) : [file];
}

function copySources(to: string): void {
  mkdirSync(to, { recursive: true });
  const folders = ["shared", "platform", ...NAMES, "tests/fuzz", "tests/support"];
  const files = ["services.ts", "package.json", "tsconfig.json", "tests/ownership.test.ts"];
  for (const name of [...folders, ...files]) {
    cpSync(join(ROOT, name), join(to, name), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(to, "node_modules"));
}
