/** Compiles programs of the benchmark as `build.ts` compiles the services. */
import { join } from "node:path";

/**
 * Compiles a program.
 *
 * @param entry relative to the folder of the benchmark
 * @param outfile path of the executable
 */
export async function compile(entry: string, outfile: string): Promise<string> {
  await Bun.build({
    entrypoints: [join(import.meta.dir, entry)],
    root: join(import.meta.dir, ".."),
    target: "bun",
    format: "esm",
    bytecode: true,
    splitting: true,
    sourcemap: "inline",
    minify: { whitespace: true, syntax: true, identifiers: false },
    define: { "process.env.NODE_ENV": JSON.stringify("production") },
    external: ["supports-color"],
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
  });
  return outfile;
}
