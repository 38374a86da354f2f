/** A folder with what other people's generators make of the documents of the services. */
import { symlinkSync } from "node:fs";
import { join } from "node:path";

import type { ServiceName } from "../../services.ts";
import { temporaryFolder } from "../support/folders.ts";
import { documentOf, type Variant } from "./documents.ts";
import { generate } from "./generate.ts";
import { installGenerators, PACKAGES } from "./install.ts";

export interface Outputs extends Disposable {
  readonly path: string;
  /** Returns the folder with what a generator makes of a document. Makes each once. */
  of(variant: Variant, service: ServiceName, generator: string): Promise<string>;
}

/** Installs the generators, and opens an empty folder that has their packages. */
export async function openOutputs(): Promise<Outputs> {
  await installGenerators();
  const folder = temporaryFolder();
  symlinkSync(PACKAGES, join(folder.path, "node_modules"));
  const made = new Map<string, Promise<string>>();

  async function make(path: string, ...[variant, service, generator]: Parameters<Outputs["of"]>) {
    const document = `${path}.json`;
    await Bun.write(document, JSON.stringify(await documentOf(variant, service)));
    await generate(generator, document, path);
    return path;
  }

  return {
    path: folder.path,
    of(...wanted) {
      const path = join(folder.path, ...wanted.map((part) => part.replace(" ", "-")));
      const making = made.get(path) ?? make(path, ...wanted);
      made.set(path, making);
      return making;
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}
