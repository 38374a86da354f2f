/**
 * What is inside an executable, as a software bill of materials: CycloneDX 1.6, JSON. The same packages
 * give the same bytes, so it has neither a time nor a number of its own.
 */
import { join } from "node:path";

export interface SbomOptions {
  service: string;
  /** As the executable tells it, with the commit. */
  version: string;
  /** Of the executable, in hex. */
  sha256: string;
  /** The folders of the packages that are inside. */
  folders: readonly string[];
  /** Of the lock file, which knows what was installed by its hash. */
  lock: string;
}

interface Manifest {
  name: string;
  version: string;
  license: string;
  description?: string;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

export async function sbom(options: SbomOptions): Promise<string> {
  const { service, version, sha256, folders, lock } = options;
  const read = folders.map((folder) => Bun.file(join(folder, "package.json")).json());
  const packages = ((await Promise.all(read)) as Manifest[]).toSorted((a, b) =>
    purlOf(a).localeCompare(purlOf(b), "en"),
  );
  const { license } = (await Bun.file(join(import.meta.dir, "..", "package.json")).json()) as {
    license: string;
  };
  const ref = `pkg:generic/${service}@${version.split(" ", 1).join("")}`;
  const bill = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": ref,
        name: service,
        version,
        hashes: [{ alg: "SHA-256", content: sha256 }],
        licenses: licensed(license),
        purl: ref,
      },
    },
    components: [RUNTIME, ...packages.map((one) => componentOf(one, lock))],
    dependencies: [
      { ref, dependsOn: [RUNTIME.purl, ...packages.map(purlOf)] },
      ...packages.map((one) => ({ ref: purlOf(one), dependsOn: needsOf(one, packages) })),
    ],
    compositions: [
      { aggregate: "complete", assemblies: [ref] },
      // What else has been built into a package by those who made it is not told here.
      { aggregate: "unknown", assemblies: [RUNTIME.purl, ...packages.map(purlOf)] },
    ],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** What compiles the executable is inside it, and runs it; its own parts are in `bun-license.md`. */
const RUNTIME = {
  type: "platform",
  "bom-ref": `pkg:github/oven-sh/bun@${Bun.revision}`,
  name: "bun",
  version: Bun.version,
  licenses: licensed("MIT"),
  purl: `pkg:github/oven-sh/bun@${Bun.revision}`,
};

function componentOf(manifest: Manifest, lock: string) {
  const { name, version, license, description } = manifest;
  return {
    type: "library",
    "bom-ref": purlOf(manifest),
    name,
    version,
    ...(description && { description }),
    hashes: [{ alg: "SHA-512", content: hashOf(manifest, lock) }],
    licenses: licensed(license),
    purl: purlOf(manifest),
  };
}

function licensed(id: string) {
  return [/[ ()]/.test(id) ? { expression: id } : { license: { id } }];
}

/** A package URL: https://github.com/package-url/purl-spec */
function purlOf({ name, version }: Manifest): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** The hash of the package's archive, which the installation was held to. */
function hashOf({ name, version }: Manifest, lock: string): string {
  const line = lock.split("\n").find((one) => one.includes(`["${name}@${version}",`));
  const [, base64] = /"sha512-([^"]+)"\]/.exec(line ?? "") ?? [];
  if (!base64) throw new Error(`${name}@${version} is not in bun.lock`);
  return Buffer.from(base64, "base64").toString("hex");
}

function needsOf(manifest: Manifest, packages: readonly Manifest[]): string[] {
  const { dependencies, peerDependencies, optionalDependencies } = manifest;
  const needed = { ...dependencies, ...peerDependencies, ...optionalDependencies };
  return packages.filter(({ name }) => name in needed).map(purlOf);
}
