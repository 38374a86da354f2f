/**
 * `bun run containers`, second part: the images of a release, built and pushed to a registry on this
 * machine by the command that publishes them.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import packageJson from "../package.json";
import { SERVICES } from "../services.ts";
import { command } from "./support/executables.ts";
import { ROOT, temporaryFolder } from "./support/folders.ts";

setDefaultTimeout(1_800_000);

const ARCHITECTURES = ["amd64", "arm64"];
/** The base images of the Dockerfile. */
const BUILD = "oven/bun:1.4.5";
const RUNTIME = "gcr.io/distroless/base-nossl-debian12:nonroot";
/** What `bun build --compile` downloads for the other architecture, where Bun keeps it. */
const CACHE = process.env["BUN_INSTALL_CACHE_DIR"] ?? join(homedir(), ".bun/install/cache");
const OTHER = `bun-linux-aarch64-v${Bun.version}`;

const hasRegistry = Bun.which("docker-registry") !== null;
if (!hasRegistry) console.warn("images: nothing is pushed, because docker-registry is missing");

describe.skipIf(!hasRegistry)("bun run release --images", () => {
  const folder = temporaryFolder();
  const stack = new AsyncDisposableStack();
  afterAll(async () => {
    await stack.disposeAsync();
    folder[Symbol.dispose]();
  });
  let registry: string;

  beforeAll(async () => {
    registry = await startRegistry();
    await pushBases();
    const contexts = [
      ["--build-context", `${BUILD}=docker-image://${registry}/build:amd64`],
      ["--build-context", `${RUNTIME}=docker-image://${registry}/runtime:both`],
    ];
    const release = ["bun", "deploy/release.ts", "--images", `${registry}/Edge`, "--"];
    await run([...release, ...contexts.flat()], ROOT);
  });

  test.each(SERVICES)(
    "pushes one index of both architectures for $name",
    async ({ name, port }) => {
      const index = `${registry}/edge/${name}:${packageJson.version}`;
      const inspect = ["docker", "buildx", "imagetools", "inspect"];
      const text = await run([...inspect, "--format", "{{json .Image}}", index]);
      const images = JSON.parse(text) as Record<string, Image>;
      const commit = (await run(["git", "rev-parse", "HEAD"], ROOT)).trim();
      expect(Object.keys(images).toSorted()).toEqual(["linux/amd64", "linux/arm64"]);
      for (const architecture of ARCHITECTURES) {
        const { architecture: found, config } = images[`linux/${architecture}`] as Image;
        expect([found, config.User]).toEqual([architecture, "65532:65532"]);
        expect(config.ExposedPorts).toEqual({ [`${port}/tcp`]: {} });
        expect(config.Labels).toMatchObject({
          "org.opencontainers.image.title": name,
          "org.opencontainers.image.revision": commit,
        });
      }
    },
  );

  /** Starts Debian's registry on a free port. */
  async function startRegistry(): Promise<string> {
    const free = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const address = `127.0.0.1:${free.port}`;
    free.stop(true);
    const file = join(folder.path, "registry.yml");
    const storage = { filesystem: { rootdirectory: join(folder.path, "registry") } };
    await Bun.write(file, Bun.YAML.stringify({ version: 0.1, storage, http: { addr: address } }));
    const child = Bun.spawn(["docker-registry", "serve", file], { stdio: ["ignore", null, null] });
    stack.defer(async () => {
      child.kill();
      await child.exited;
    });
    while (!(await fetch(`http://${address}/v2/`).catch(() => undefined))?.ok) {
      expect(child.exitCode).toBeNull();
      await Bun.sleep(20);
    }
    return address;
  }

  /**
   * Pushes stand-ins for the base images, of which a machine without a connection has at most its own
   * architecture. Nothing runs in the one for the executable.
   */
  async function pushBases(): Promise<void> {
    const context = join(folder.path, "context");
    mkdirSync(context);
    const cached = existsSync(join(CACHE, OTHER));
    if (cached) cpSync(join(CACHE, OTHER), join(context, OTHER));
    const copy = cached ? `COPY ${OTHER} /root/.bun/install/cache/${OTHER}\n` : "";
    await Bun.write(join(context, "build.Dockerfile"), `FROM ${BUILD}\n${copy}`);
    await Bun.write(join(context, "runtime.Dockerfile"), "FROM scratch\nCOPY *.Dockerfile /\n");
    await push("build", "amd64");
    for (const architecture of ARCHITECTURES) await push("runtime", architecture);
    const images = ARCHITECTURES.map((architecture) => `${registry}/runtime:${architecture}`);
    const create = ["docker", "buildx", "imagetools", "create"];
    await run([...create, "--tag", `${registry}/runtime:both`, ...images]);

    async function push(name: string, architecture: string): Promise<void> {
      const file = join(context, `${name}.Dockerfile`);
      const words = ["--platform", `linux/${architecture}`, "--push", "--file", file];
      const tag = `${registry}/${name}:${architecture}`;
      await run(["docker", "buildx", "build", ...words, "--tag", tag, context]);
    }
  }
});

interface Image {
  architecture: string;
  config: { User: string; Labels: object; ExposedPorts: object };
}

/** Returns what the command wrote to standard output. */
async function run(words: readonly string[], cwd = "/"): Promise<string> {
  const environment = Object.fromEntries(
    Object.entries(process.env).map(([name, value]) => [name, value ?? ""]),
  );
  const { exitCode, stdout, stderr } = await command(words, { environment, folder: cwd });
  if (exitCode !== 0) throw new Error(`${words.slice(0, 4).join(" ")}:\n${stdout}${stderr}`);
  return stdout;
}
