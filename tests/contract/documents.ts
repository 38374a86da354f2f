/** The OpenAPI documents: of the sources, of the repository, and of earlier commits. */
import { join } from "node:path";

import openapiTypes, { astToString } from "openapi-typescript";

import { openapi } from "../../platform/command/commands.ts";
import type { OpenApiDocument } from "../../platform/openapi/document.ts";
import { readConfig } from "../../platform/process/config.ts";
import type { ServiceName } from "../../services.ts";
import { ROOT } from "../support/folders.ts";
import { definitionOf } from "../support/services.ts";

const FOLDER = "docs/openapi";

/** Paths of a document and of its generated types, relative to the repository. */
export const pathOf = (name: ServiceName) => `${FOLDER}/${name}.json`;
export const typesPathOf = (name: ServiceName) => `${FOLDER}/${name}.d.ts`;

/** The document of the sources. */
export async function documentOf(name: ServiceName): Promise<OpenApiDocument> {
  const service = await definitionOf(name);
  return JSON.parse(await openapi(service, readConfig(service.config, {}))) as OpenApiDocument;
}

/** The document in the repository. */
export async function committedDocument(name: ServiceName): Promise<OpenApiDocument> {
  return (await Bun.file(join(ROOT, pathOf(name))).json()) as OpenApiDocument;
}

/** The types for a client, unformatted. */
export async function typesOf(document: OpenApiDocument): Promise<string> {
  const types = astToString(await openapiTypes(structuredClone(document) as never));
  return `// Made of ${document.tags[0]?.name}.json by \`bun run contract --write\`.\n${types}`;
}

/**
 * The document of a commit; `undefined` if the commit has none.
 *
 * @throws Error if the commit does not exist
 */
export function documentAt(ref: string, name: ServiceName): OpenApiDocument | undefined {
  git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`);
  const path = pathOf(name);
  if (git("ls-tree", "--name-only", ref, path) === "") return undefined;
  return JSON.parse(git("show", `${ref}:${path}`)) as OpenApiDocument;
}

/** The first commit whose document has this major version: clients rely on it. */
export function promiseOf(name: ServiceName, major: string): string | undefined {
  const commits = git("log", "--reverse", "--format=%H", "--", pathOf(name))
    .split("\n")
    .filter(Boolean);
  return commits.find((commit) => majorOf(documentAt(commit, name)) === major);
}

export function majorOf(document: OpenApiDocument | undefined): string | undefined {
  return document?.info.version.split(".", 1).join("");
}

function git(...args: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", ...args], { cwd: ROOT });
  if (exitCode === 0) return stdout.toString().trim();
  throw new Error(stderr.toString().trim() || `git ${args.join(" ")} failed`);
}
