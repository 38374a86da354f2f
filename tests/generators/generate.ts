/** Runs other people's generators on a document, as their documentation says. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { command } from "../support/executables.ts";
import { PACKAGES } from "./install.ts";

interface Step {
  /** The script of the package, and its arguments. */
  words: readonly string[];
  /** A file that it reads. */
  config?: { path: string; text: string };
}

/** The steps of each generator: from a document into a folder of its own. */
const GENERATORS: Record<string, (document: string, folder: string) => Step[]> = {
  "openapi-typescript": (document, folder) => [
    { words: ["openapi-typescript/bin/cli.js", document, "-o", join(folder, "types.ts")] },
  ],

  "hey-api": (document, folder) => {
    const path = `${folder}.config.mjs`;
    const plugins = [
      "@hey-api/typescript",
      "@hey-api/client-fetch",
      "zod",
      { name: "@hey-api/sdk", validator: true },
    ];
    const options = { input: document, output: folder, plugins, logs: { file: false } };
    const text = `export default ${JSON.stringify(options)};\n`;
    return [{ words: ["@hey-api/openapi-ts/bin/run.js", "-f", path], config: { path, text } }];
  },

  orval: (document, folder) =>
    ["fetch", "zod"].map((client) => {
      const output = join(folder, `${client}.ts`);
      return {
        words: ["orval/dist/bin/orval.mjs", "-i", document, "-o", output, "--client", client],
      };
    }),

  "openapi-zod-client": (document, folder) => [
    { words: ["openapi-zod-client/bin.js", document, "-o", join(folder, "api.ts")] },
  ],

  "swagger-typescript-api": (document, folder) => {
    const script = "swagger-typescript-api/dist/cli.mjs";
    return [{ words: [script, "generate", "-p", document, "-o", folder, "-n", "api.ts"] }];
  },
};

/** It generates for zod 3, whose interface zod 4 contains. */
export const FOR_ZOD_3 = "openapi-zod-client";

export const GENERATOR_NAMES = Object.keys(GENERATORS);

/** @throws Error with what the generator said, if it fails */
export async function generate(name: string, document: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const { words, config } of GENERATORS[name]?.(document, folder) ?? []) {
    if (config) await Bun.write(config.path, config.text);
    const [script = "", ...rest] = words;
    const { exitCode, stdout, stderr } = await command(
      [process.execPath, "--bun", join(PACKAGES, script), ...rest],
      { folder, environment: { PATH: process.env["PATH"] ?? "", HOME: folder, CI: "1" } },
    );
    if (exitCode !== 0) throw new Error(`${name} failed:\n${stdout}${stderr}`);
  }
}

/** The packages of the output that are given another version than the one installed. */
export interface CompileOptions {
  include: string[];
  exclude?: string[];
  paths?: Record<string, string[]>;
}

/** Compiles files of the folder with strict `tsc`. Returns its findings. */
export async function compile(folder: string, { ...options }: CompileOptions): Promise<string> {
  const { include, exclude = [], paths = {} } = options;
  const path = join(folder, `tsconfig.${Bun.hash(JSON.stringify(options))}.json`);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "esnext",
    module: "preserve",
    moduleResolution: "bundler",
    allowImportingTsExtensions: true,
    lib: ["esnext", "dom", "dom.iterable"],
    types: [],
    skipLibCheck: true,
    paths,
  };
  await Bun.write(path, JSON.stringify({ compilerOptions, include, exclude }));
  const { stdout } = await command(
    [process.execPath, join(PACKAGES, "typescript", "bin", "tsc"), "-p", path],
    { folder },
  );
  return stdout;
}
