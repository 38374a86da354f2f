/** The images of a release: for each service one index with an image for each architecture. */
import { join } from "node:path";

import { SERVICES } from "../services.ts";

const ROOT = join(import.meta.dir, "..");

const ARCHITECTURES = ["amd64", "arm64"] as const;

export interface ImagesOptions {
  /** Where the images are pushed: `ghcr.io/OWNER/NAME`. */
  registry: string;
  version: string;
  /** Further options of `docker buildx build`. */
  options: readonly string[];
}

/**
 * Builds and pushes the images, and prints the name of each index.
 *
 * One image is built at a time, so that every driver of buildx can do it.
 *
 * @throws Error if a command of Docker fails, or if an index lacks an architecture
 */
export async function pushImages({ registry, version, options }: ImagesOptions): Promise<void> {
  const commit = await output("git", "rev-parse", "HEAD");
  for (const { name, port } of SERVICES) {
    // A registry accepts no capitals, which the name of a repository may have.
    const index = `${registry.toLowerCase()}/${name}:${version}`;
    const images = ARCHITECTURES.map((architecture) => `${index}-${architecture}`);
    for (const [at, image] of images.entries()) {
      const variables = { SERVICE: name, PORT: port, COMMIT: commit };
      const args = Object.entries(variables).flatMap(([key, value]) => [
        "--build-arg",
        `${key}=${value}`,
      ]);
      const platform = `linux/${ARCHITECTURES[at]}`;
      await docker(
        "build",
        "--platform",
        platform,
        "--push",
        "--tag",
        image,
        ...args,
        ...options,
        ".",
      );
    }
    await docker("imagetools", "create", "--tag", index, ...images);
    await expectArchitectures(index);
    console.log(index);
  }
}

interface Index {
  manifests?: { platform?: { architecture: string } }[];
}

/** A registry keeps what it is given; this looks at what a cluster will find there. */
async function expectArchitectures(index: string): Promise<void> {
  const text = await output("docker", "buildx", "imagetools", "inspect", "--raw", index);
  const { manifests = [] } = JSON.parse(text) as Index;
  const found = manifests.map(({ platform }) => platform?.architecture);
  const missing = ARCHITECTURES.filter((architecture) => !found.includes(architecture));
  if (missing.length > 0) throw new Error(`${index} has no image for ${missing.join(" and ")}`);
}

async function docker(...words: string[]): Promise<void> {
  const stdio = ["ignore", "inherit", "inherit"] as ["ignore", "inherit", "inherit"];
  const child = Bun.spawn(["docker", "buildx", ...words], { cwd: ROOT, stdio });
  if ((await child.exited) !== 0) throw new Error(`docker buildx ${words[0]} failed`);
}

async function output(...words: string[]): Promise<string> {
  const child = Bun.spawn(words, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const text = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`${words.slice(0, 3).join(" ")} failed`);
  return text.trim();
}
