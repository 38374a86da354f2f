/** Other people's generators, on the documents of the services. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { VARIANTS } from "../generators/documents.ts";
import { compile, FOR_ZOD_3, GENERATOR_NAMES } from "../generators/generate.ts";
import { openOutputs, type Outputs } from "../generators/outputs.ts";
import { NAMES } from "../support/services.ts";

// The first installation, and the slowest generator on a busy machine.
setDefaultTimeout(300_000);

let outputs: Outputs;
beforeAll(async () => {
  outputs = await openOutputs();
});
afterAll(() => outputs[Symbol.dispose]());

describe.each(VARIANTS)("The document %s", (variant) => {
  test.each(NAMES.flatMap((service) => GENERATOR_NAMES.map((name) => [service, name] as const)))(
    "of %s is read by %s, which writes text",
    async (service, name) => {
      const path = await outputs.of(variant, service, name);
      const files = Array.from(new Bun.Glob("**/*.ts").scanSync(path));
      expect(files).not.toEqual([]);
      for (const file of files) {
        const text = new TextDecoder("utf-8", { fatal: true }).decode(
          readFileSync(join(path, file)),
        );
        // TypeScript and Git take a file with a control character for a binary one.
        expect([file, /(?![\t\n\r])\p{Cc}/u.exec(text)?.index]).toEqual([file, undefined]);
      }
    },
  );
});

test("What the generators write compiles with strict tsc", async () => {
  for (const variant of VARIANTS) {
    for (const service of NAMES) {
      for (const name of GENERATOR_NAMES) await outputs.of(variant, service, name);
    }
  }
  const zod3 = [`*-identity/*/${FOR_ZOD_3}`];
  expect(await compile(outputs.path, { include: ["**/*.ts"], exclude: zod3 })).toBe("");
  const paths = { zod: ["./node_modules/zod/v3"] };
  expect(await compile(outputs.path, { include: zod3, paths })).toBe("");
});
