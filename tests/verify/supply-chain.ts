/** The bill of materials of the executables: complete, valid and true. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Spec, Validation } from "@cyclonedx/cyclonedx-library";

import { buildFolder } from "../support/executables.ts";
import { ROOT } from "../support/folders.ts";
import { NAMES } from "../support/services.ts";

setDefaultTimeout(240_000);

interface Bill {
  metadata: { component: { hashes: { content: string }[] } };
  components: {
    name: string;
    version: string;
    purl: string;
    licenses: { license?: { id: string } }[];
  }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/** These only require that their text is distributed, which LICENSES.txt does. */
const LICENCES = ["Apache-2.0", "BSD-3-Clause", "ISC", "MIT"];

/** Embedded as files, so no source path names it. Other tests check that it is served. */
const EMBEDDED = "swagger-ui-dist";

const FOLDER = "node_modules/";
/** The limit for npm package names. */
const NAME_LENGTH_MAX = 214;

describe.each(NAMES)("The bill of materials of %s", (service) => {
  const path = async () => join(await buildFolder(), service);
  const text = async () => Bun.file(`${await path()}.cdx.json`).text();
  const bill = async () => JSON.parse(await text()) as Bill;

  test("is valid CycloneDX 1.6", async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(await text())).toBeNull();
    const wrong = (await text()).replace('"library"', '"shelf"');
    expect(await validator.validate(wrong)).not.toBeNull();
  });

  test("has the hash of this executable", async () => {
    const hash = new Bun.CryptoHasher("sha256").update(readFileSync(await path()));
    const { metadata } = await bill();
    expect(metadata.component.hashes[0]?.content).toBe(hash.digest("hex"));
  });

  test("lists exactly the packages inside the executable", async () => {
    const { components } = await bill();
    const told = components.map(({ name }) => name).toSorted();
    const inside = [...packagesIn(await path())].filter((name) => !ofBun().has(name));
    expect(told).toEqual([...inside, EMBEDDED, "bun"].toSorted());
  });

  test("lists each package once, in its locked version, with its dependencies", async () => {
    const { components, dependencies } = await bill();
    const lock = await Bun.file(join(ROOT, "bun.lock")).text();
    const refs = components.map(({ purl }) => purl);
    expect(new Set(refs).size).toBe(refs.length);
    for (const { name, version } of components.filter(({ name }) => name !== "bun")) {
      expect(lock).toContain(`["${name}@${version}"`);
    }
    const elysia = dependencies.find(({ ref }) => ref.startsWith("pkg:npm/elysia@"));
    expect(elysia?.dependsOn.map((ref) => ref.replace(/@[\d.]+$/, ""))).toContain(
      "pkg:npm/memoirist",
    );
  });

  test("lists only licences that require no more than distribution of their text", async () => {
    const { components } = await bill();
    const ids = components.map(({ licenses }) => licenses[0]?.license?.id ?? "");
    expect(ids.filter((id) => !LICENCES.includes(id))).toEqual([]);
  });
});

let packagesOfBun: Set<string> | undefined;

function ofBun(): Set<string> {
  packagesOfBun ??= packagesIn(process.execPath);
  return packagesOfBun;
}

/** The packages whose source paths are in a Bun executable. */
function packagesIn(path: string): Set<string> {
  const bytes = readFileSync(path);
  const found = new Set<string>();
  for (let at = bytes.indexOf(FOLDER); at !== -1; at = bytes.indexOf(FOLDER, at + 1)) {
    const from = at + FOLDER.length;
    const text = bytes.toString("latin1", from, from + NAME_LENGTH_MAX);
    const [, name] = /^((?:@[a-z0-9._-]+\/)?[a-z0-9][a-z0-9._-]*)\//.exec(text) ?? [];
    if (name !== undefined) found.add(name);
  }
  return found;
}

/** The second one is installed by the tests that need it. */
describe.each(["", "tests/generators"])("The packages of %p", (folder) => {
  const textOf = (file: string) => Bun.file(join(ROOT, folder, file)).text();

  test("have exact versions in package.json", async () => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(
      await textOf("package.json"),
    ) as Record<string, Record<string, string>>;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/)]);
    }
  });

  test("have a hash in the lock file, and no URL", async () => {
    const lock = await textOf("bun.lock");
    expect(lock).not.toMatch(/https?:/);
    const packages = [...lock.matchAll(/^ {4}"[^"]+": \["[^"]+@[^"]+".*$/gm)].map(([line]) => line);
    expect(packages.length).toBeGreaterThan(50);
    expect(packages.filter((line) => !/"sha512-[^"]+"\],$/.test(line))).toEqual([]);
  });
});
