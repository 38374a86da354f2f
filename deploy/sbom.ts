/**
 * The software bill of materials of an executable: CycloneDX 1.6 in JSON. It has no time and no
 * serial number, so that the same packages give the same bytes.
 */
import { join } from "node:path";

export interface SbomOptions {
  service: string;
  /** As the executable prints it, with the commit. */
  version: string;
  /** SHA-256 of the executable, in hex. */
  sha256: string;
  /** Folders of the packages inside the executable. */
  folders: readonly string[];
  /** Text of the lock file, which has the hash of each package. */
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
      // A package may bundle code that this list does not name.
      { aggregate: "unknown", assemblies: [RUNTIME.purl, ...packages.map(purlOf)] },
    ],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** Bun is inside the executable and runs it. `bun-license.md` lists the parts of Bun. */
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

/** Hash of the archive of the package, which `bun install` verified. */
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
