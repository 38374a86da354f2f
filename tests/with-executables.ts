/**
 * `bun run executables`: repeats the tests of the HTTP interface, the call and Swagger UI with
 * executables instead of the sources. `bun test` tests what only an executable can get wrong.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";

import { command, executable } from "./support/executables.ts";
import { ROOT, temporaryFolder } from "./support/folders.ts";
import { NAMES } from "./support/services.ts";

setDefaultTimeout(240_000);

const environment = Object.fromEntries(
  ["PATH", "HOME", "REQUIRE_CHROMIUM"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

beforeAll(async () => {
  for (const name of NAMES) copyFileSync(await executable(name), join(folder.path, name));
});

test.each([
  ["the HTTP interface of users", "./users/routes.test.ts ./users/failures.test.ts", 150],
  [
    "the HTTP interface of orders",
    "./tests/pair/orders-routes.test.ts ./tests/pair/orders-failures.test.ts",
    80,
  ],
  ["the call", "./tests/pair/users-client.test.ts ./tests/pair/verify/call.ts", 12],
  ["Swagger UI in Chromium", "./tests/verify/browser.ts", 0],
])("The tests of %s pass with executables", async (_name, files, passesMin) => {
  const { exitCode, stderr } = await command([process.execPath, "test", ...files.split(" ")], {
    folder: ROOT,
    environment: { ...environment, TEST_EXECUTABLES: folder.path },
  });
  const failed = stderr.split("\n").filter((line) => line.startsWith("(fail)"));
  expect({ exitCode, failed }).toEqual({ exitCode: 0, failed: [] });
  expect(Number(/^ *(\d+) pass$/m.exec(stderr)?.[1])).toBeGreaterThanOrEqual(passesMin);
});
