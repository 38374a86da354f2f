/** A new field of the contract that a store forgets must not compile. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

import packageJson from "../../package.json";
import type { Reference, Schema } from "../../platform/openapi/document.ts";
import { command } from "../support/executables.ts";
import { ROOT, SERVICE_FOLDERS, temporaryFolder } from "../support/folders.ts";
import { createdBy, resourcesOf } from "../support/resources.ts";
import { NAMES } from "../support/services.ts";

setDefaultTimeout(60_000);

/** The type errors of the program with a changed contract, as `path: message`. */
async function errors(service: string, change: (contract: string) => string): Promise<string[]> {
  using folder = temporaryFolder();
  const to = (...names: string[]) => join(folder.path, ...names);
  for (const name of ["tsconfig.json", "services.ts", "shared", "platform", ...SERVICE_FOLDERS]) {
    cpSync(join(ROOT, name), to(name), { recursive: true, filter: isProgram });
  }
  // Without the `check` script, which would run instead of `bun check`.
  const { version } = packageJson;
  await Bun.write(to("package.json"), JSON.stringify({ version }));
  symlinkSync(join(ROOT, "node_modules"), to("node_modules"));
  const contract = to("shared", `${service}.ts`);
  await Bun.write(contract, change(await Bun.file(contract).text()));
  const { stdout, stderr } = await command([process.execPath, "check"], { folder: folder.path });
  return Array.from(
    (stdout + stderr).matchAll(/^(\S+)\(\d+,\d+\): error \w+: (.*)$/gm),
    ([, path, message]) => `${path}: ${message}`,
  );
}

function isProgram(path: string): boolean {
  return !path.endsWith(".test.ts");
}

/** Adds an optional field to an object of the contract. */
function withField(contract: string, name: string): string {
  const start = `export const ${name} = Type.Object(\n  {`;
  const changed = contract.replace(start, `${start} forgotten: Type.Optional(Timestamp), `);
  expect(changed).not.toBe(contract);
  return changed;
}

test("The unchanged contract compiles", async () => {
  expect(await errors("types", (contract) => contract)).toEqual([]);
});

/** The schemas of what each service stores and takes, each with the file that has to know its fields. */
const FIELDS = (await resourcesOf()).flatMap((resource) => {
  const { service, routes } = resource;
  const taken = routes.flatMap(({ operation }) =>
    Object.values(operation.requestBody?.content ?? {}).map(({ schema }) => [
      nameIn(schema),
      "store.ts",
    ]),
  );
  return [[nameIn(createdBy(resource)), "table.ts"], ...taken].map(
    ([name = "", file]) => [name, `${service}/${file}`] as const,
  );
});

function nameIn({ $ref = "" }: Schema | Reference): string {
  return $ref.replace(/^.*\//, "");
}

// A patch that is made of a whole object gets its fields with it.
const written = await Promise.all(
  NAMES.map((name) => Bun.file(join(ROOT, "shared", `${name}.ts`)).text()),
);
const OBJECTS = FIELDS.filter(([name]) =>
  written.some((text) => text.includes(`export const ${name} = Type.Object(`)),
);

test.each(OBJECTS)("A new field of %s does not compile until %s has it", async (name, path) => {
  const found = await errors(dirname(path), (contract) => withField(contract, name));
  expect(found.length).toBeGreaterThan(0);
  for (const error of found) expect(error).toMatch(new RegExp(`^${path}: .*forgotten`));
});
