/**
 * `bun run executables`: repeats the tests of the HTTP interface and Swagger UI with executables
 * instead of the sources. `bun test` tests what only an executable can get wrong.
 */
import { setDefaultTimeout, test } from "bun:test";

import { ROOT } from "./support/folders.ts";
import { NAMES } from "./support/services.ts";
import { expectToPass } from "./support/with-executables.ts";

setDefaultTimeout(240_000);

const OF_SERVICES = NAMES.flatMap((name) => {
  const files = Array.from(new Bun.Glob(`${name}/*.test.ts`).scanSync(ROOT), (file) => `./${file}`);
  const ofInterface = files.filter((file) => /\/(?:routes|failures)\.test\.ts$/.test(file));
  return ofInterface.length > 0
    ? [[`the HTTP interface of ${name}`, ofInterface, 10] as const]
    : [];
});

test.each([
  ...OF_SERVICES,
  ["the rights of callers", ["./tests/ownership.test.ts"], 10] as const,
  ["Swagger UI in Chromium", ["./tests/verify/browser.ts"], 0] as const,
])("The tests of %s pass with executables", (_name, files, passesMin) =>
  expectToPass(files, passesMin),
);
