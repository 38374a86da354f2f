/** The OpenAPI documents: of the sources, of the repository, and of earlier commits. */
import { join } from "node:path";

import openapiTypes, { astToString } from "openapi-typescript";

import { openapi } from "../../platform/command/commands.ts";
import type { OpenApiDocument } from "../../platform/openapi/document.ts";
import { readConfig } from "../../platform/process/config.ts";
import { CALLEES, type ServiceName } from "../../services.ts";
import { ROOT } from "../support/folders.ts";
import { definitionOf } from "../support/services.ts";

const FOLDER = "docs/openapi";

/** Paths of a document and of its generated types, relative to the repository. */
export const pathOf = (name: ServiceName) => `${FOLDER}/${name}.json`;
export const typesPathOf = (name: ServiceName) => `${FOLDER}/${name}.d.ts`;

/** The checks of a service in production: its callers, their rate, and the pages of other origins. */
const PRODUCTION = {
  AUTH: "on",
  AUTH_JWKS_URL: "https://issuer.example.com/jwks",
  AUTH_ISSUER: "https://issuer.example.com",
  AUTH_AUDIENCE: "https://shop.example.com",
  RATE_LIMIT: "100/60s",
  CORS_ORIGIN: "https://app.example.com",
  ...Object.fromEntries(
    CALLEES.map((asked) => [`${asked.toUpperCase()}_TOKEN_FILE`, "/run/secrets/token"]),
  ),
};

export interface DocumentOptions {
  /** Whether the service has the checks of production, or none. Default: true */
  checks?: boolean;
}

/** The document of the sources. */
export async function documentOf(
  name: ServiceName,
  { checks = true }: DocumentOptions = {},
): Promise<OpenApiDocument> {
  const service = await definitionOf(name);
  const config = readConfig(service.config, checks ? PRODUCTION : {});
  return JSON.parse(await openapi(service, config)) as OpenApiDocument;
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

/**
 * The first commits whose documents have this major version, without the checks of production and with
 * them: clients rely on both.
 */
export function promisesOf(name: ServiceName, major: string): string[] {
  const commits = git("log", "--reverse", "--format=%H", "--", pathOf(name))
    .split("\n")
    .filter(Boolean);
  return [false, true].flatMap((checks) => {
    const isPromise = (document: OpenApiDocument | undefined) =>
      document && majorOf(document) === major && hasChecks(document) === checks;
    return commits.find((commit) => isPromise(documentAt(commit, name))) ?? [];
  });
}

/** Whether this is the document of a service with the checks of production. */
export function hasChecks({ components }: OpenApiDocument): boolean {
  return components.securitySchemes !== undefined;
}

export function majorOf(document: OpenApiDocument | undefined): string | undefined {
  return document?.info.version.split(".", 1).join("");
}

function git(...args: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", ...args], { cwd: ROOT });
  if (exitCode === 0) return stdout.toString().trim();
  throw new Error(stderr.toString().trim() || `git ${args.join(" ")} failed`);
}
