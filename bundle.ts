/**
 * The bundler options. `build.ts` builds the executables with them; a test or benchmark that must
 * run the bundled code, not the sources, uses the same options.
 */
export const BUNDLE = {
  root: import.meta.dir,
  target: "bun",
  format: "esm",
  // Dynamic imports stay separate chunks, so that they load only when they are used.
  splitting: true,
  sourcemap: "inline",
  // Shortened identifiers would silently turn off the validation of converted values.
  minify: { whitespace: true, syntax: true, identifiers: false },
  define: {
    "process.env.NODE_ENV": JSON.stringify("production"),
    // Elysia reads `NODE_ENV` here. Outside production it writes the rejected value and the
    // expected schema into every error.
    "Bun.env": JSON.stringify({ NODE_ENV: "production" }),
  },
  // An optional dependency. The executable must not depend on whether it happens to be installed.
  external: ["supports-color"],
} satisfies Omit<Bun.BuildConfig, "entrypoints">;
