/**
 * How sources become one program. `build.ts` makes executables so; a test or a bench that has to run what
 * is in them, and not what the sources say, takes the same options.
 */
export const BUNDLE = {
  root: import.meta.dir,
  target: "bun",
  format: "esm",
  // What is imported where it is used is loaded there, with what it imports of Bun.
  splitting: true,
  sourcemap: "inline",
  // Shortened identifiers would silently switch off the validation of converted values.
  minify: { whitespace: true, syntax: true, identifiers: false },
  define: {
    "process.env.NODE_ENV": JSON.stringify("production"),
    // Elysia looks there instead, and would write into every error what it refuses, and what it would take.
    "Bun.env": JSON.stringify({ NODE_ENV: "production" }),
  },
  // Optional to a package inside, and installed or not by chance: the executable should not differ.
  external: ["supports-color"],
} satisfies Omit<Bun.BuildConfig, "entrypoints">;
