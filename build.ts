/** Builds one executable per service: `bun run build --help`. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";

import { BUNDLE } from "./bundle.ts";
import { sbom } from "./deploy/sbom.ts";
import { listeningUrl } from "./platform/process/listening.ts";
import { listed, type ServiceName, serviceNamed, SERVICES, urlVariableOf } from "./services.ts";

const ROOT = import.meta.dir;

const NAMES = SERVICES.map(({ name }) => name);

const TARGETS = [
  "linux-x64",
  "linux-arm64",
  "linux-x64-musl",
  "linux-arm64-musl",
  "darwin-arm64",
  "darwin-x64",
  "windows-x64",
] as const;
type Target = (typeof TARGETS)[number];

/** By then every timer of a service has run at least once, so its function is in the profile. */
const SETTLED_MS = 500;

const HELP = `Builds ${listed(NAMES.map((name) => `dist/${name}`))}: an executable of each service, with its bill of
materials (.cdx.json), LICENSES.txt and SHA256SUMS.

Usage: bun run build [options]

  --target TARGET  build NAME-TARGET instead, for another platform; may be repeated:
                   ${TARGETS.slice(0, 4).join(", ")},
                   ${TARGETS.slice(4).join(", ")}, or all
  --service NAME   build only this one: ${NAMES.join(" or ")}
  --out DIRECTORY  write the files there [dist]
  --help           show this help

The environment variable COMMIT is the commit to embed; if it is not set, git is asked.
`;

/** Wrong usage: prints one line, exits with 2. */
class UsageError extends Error {}

/** Something outside this program failed: prints one line, exits with 1. */
class BuildError extends Error {}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError || error instanceof BuildError)) throw error;
  console.error(`build: ${error.message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

/** Not in the system's temporary folder: `rename` needs the same file system. */
function scratchIn(out: string): string {
  try {
    mkdirSync(out, { recursive: true });
    return mkdtempSync(join(out, ".build-"));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new BuildError(`cannot write to ${out} (${code}): name another folder with --out`, {
      cause,
    });
  }
}

async function main() {
  const options = readArguments();
  if (options === "help") return console.log(HELP.trimEnd());
  const { services, targets, out } = options;

  const version = versionOf();
  const scratch = scratchIn(out);
  const clear = () => rmSync(scratch, { recursive: true, force: true });
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      clear();
      process.exit(130);
    });
  }
  try {
    const packages = new Set<string>();
    for (const service of services) {
      const first = join(scratch, `${service}-first`);
      await compile({ service, version, outfile: first });
      const profile = await record(service, first);
      for (const target of targets) {
        const name = target ? `${service}-${target}` : service;
        const outfile = join(scratch, name);
        const inputs = await compile({ service, version, outfile, target, profile });
        for (const input of inputs) packages.add(input);
        const file = existsSync(`${outfile}.exe`) ? `${name}.exe` : name;
        await describe({ service, version, folders: inputs, executable: join(scratch, file) });
        for (const made of [file, `${file}.cdx.json`])
          renameSync(join(scratch, made), join(out, made));
        console.log(`${relative(process.cwd(), join(out, file))}  ${version}`);
      }
    }
    await Bun.write(join(out, "LICENSES.txt"), await licenses([...packages]));
    await Bun.write(join(out, "SHA256SUMS"), await checksums(out));
  } finally {
    clear();
  }
}

interface Options {
  services: readonly ServiceName[];
  /** `undefined` means the platform that this runs on. */
  targets: readonly (Target | undefined)[];
  out: string;
}

function readArguments(): Options | "help" {
  const { help, service, target, out } = parseOptions();
  if (help) return "help";
  return {
    services: service ? [oneOf(NAMES, service, "service")] : NAMES,
    targets: target ? target.flatMap(targetsNamed) : [undefined],
    // Absolute, because executables are started in another folder.
    out: resolve(out ?? join(ROOT, "dist")),
  };
}

function targetsNamed(name: string): readonly Target[] {
  return name === "all" ? TARGETS : [oneOf(TARGETS, name, "target")];
}

function parseOptions() {
  try {
    return parseArgs({
      options: {
        help: { type: "boolean", short: "h" },
        service: { type: "string" },
        target: { type: "string", multiple: true },
        out: { type: "string" },
      },
    }).values;
  } catch (error) {
    const [message = ""] = (error as Error).message.split(".", 1);
    throw new UsageError(`${message}. Try bun run build --help`);
  }
}

function oneOf<Name extends string>(names: readonly Name[], given: string, what: string): Name {
  const name = names.find((name) => name === given);
  if (!name) throw new UsageError(`unknown ${what} "${given}". Expected ${names.join(", ")}`);
  return name;
}

/** Returns `1.2.3 (abc1234)`, with `, modified` if the files differ from the commit. */
function versionOf(): string {
  const { version } = require("./package.json") as { version: string };
  const given = process.env["COMMIT"];
  if (given) return `${version} (${given.slice(0, 12)})`;
  const commit = git("rev-parse", "--short=12", "HEAD");
  if (!commit) return version;
  const modified = git("status", "--porcelain", "--untracked-files=no") ? ", modified" : "";
  return `${version} (${commit}${modified})`;
}

/** Returns the output of git; empty without git or outside a repository. */
function git(...args: string[]): string {
  if (!Bun.which("git") || !existsSync(join(ROOT, ".git"))) return "";
  return Bun.spawnSync(["git", ...args], { cwd: ROOT })
    .stdout.toString()
    .trim();
}

interface CompileOptions {
  service: ServiceName;
  version: string;
  outfile: string;
  target?: Target | undefined;
  /** The function order that {@link record} wrote. Default: the bundler's order */
  profile?: string;
}

/** Compiles a service, and returns the folders of the packages that it contains. */
async function compile({ service, version, outfile, target, profile }: CompileOptions) {
  const result = await Bun.build({
    ...BUNDLE,
    entrypoints: [join(ROOT, service, "main.ts")],
    bytecode: true,
    define: { ...BUNDLE.define, BUILD_VERSION: JSON.stringify(version) },
    metafile: true,
    throw: false,
    compile: {
      outfile,
      // Files in the current folder must not configure the executable.
      autoloadDotenv: false,
      autoloadBunfig: false,
      // Compiling code that runs once does not pay. Long-running commands set this back to 1.
      jitPolicy: 8,
      ...(target && { target: `bun-${target}` as const }),
      ...(profile && { bytecodeOrder: profile }),
    },
  });
  if (!result.success) throw new BuildError(result.logs.map(String).join("\n"));
  return Object.keys(result.metafile?.inputs ?? {}).flatMap(packageOf);
}

/**
 * Returns the folder of the package that a file belongs to; empty for the services' own sources.
 */
function packageOf(path: string): string[] {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(resolve(path)) ?? [];
}

/**
 * Starts an executable, sends some requests, stops it, and returns the file that lists the
 * functions it used. The next build lays out its bytecode in that order.
 */
async function record(service: ServiceName, executable: string): Promise<string> {
  const profile = `${executable}.order`;
  const { calls } = serviceNamed(service);
  const child = Bun.spawn([executable], {
    cwd: tmpdir(),
    env: {
      // The profile, and so the executable, must not depend on what listens on the default ports.
      ...Object.fromEntries(calls.map((callee) => [urlVariableOf(callee), "http://127.0.0.1:0"])),
      PORT: "0",
      DATABASE_URL: "sqlite://:memory:",
      BUN_BYTECODE_ORDER_OUT: profile,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  let log = "";
  let url: string | undefined;
  for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
    log += chunk;
    if (url) continue;
    url = listeningUrl(log);
    if (!url) continue;
    await Bun.sleep(SETTLED_MS);
    for (const path of ["/health/live", "/health/ready", `/${service}?limit=1`]) {
      await (await fetch(`${url}${path}`, { proxy: false })).text();
    }
    child.kill("SIGTERM");
  }
  if ((await child.exited) !== 0 || !existsSync(profile)) {
    throw new BuildError(`${basename(executable)} does not run: ${log}`);
  }
  // The recorded order depends on timing, but builds of the same sources must be equal. What
  // matters is that the functions used by a start lie together, so any fixed order does.
  const [version = "", ...functions] = (await Bun.file(profile).text()).trimEnd().split("\n");
  await Bun.write(profile, `${[version, ...functions.toSorted()].join("\n")}\n`);
  return profile;
}

interface DescribeOptions {
  service: ServiceName;
  version: string;
  /** Folders of the packages inside, with duplicates. */
  folders: readonly string[];
  executable: string;
}

/** Writes the bill of materials of an executable next to it. */
async function describe({ service, version, folders, executable }: DescribeOptions): Promise<void> {
  const lock = await Bun.file(join(ROOT, "bun.lock")).text();
  const sha256 = await sha256Of(executable);
  const bill = await sbom({ service, version, sha256, folders: [...new Set(folders)], lock });
  await Bun.write(`${executable}.cdx.json`, bill);
}

/** Returns the licenses of Bun and of every package in the executables. */
async function licenses(packages: readonly string[]): Promise<string> {
  const folders = packages.toSorted();
  const texts = [await Bun.file(join(ROOT, "deploy", "bun-license.md")).text()];
  for (const folder of folders) {
    const { name, version, license } = await Bun.file(join(folder, "package.json")).json();
    const files = new Bun.Glob("{LICENSE,LICENCE,license,licence,NOTICE,COPYING}*");
    const found = [...files.scanSync(folder)].toSorted();
    const parts = found.map((file) => Bun.file(join(folder, file)).text());
    texts.push([`# ${name} ${version}: ${license}`, ...(await Promise.all(parts))].join("\n\n"));
  }
  return `${texts.map((text) => text.trim()).join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/** Returns one line per executable and bill of materials, in the format of `sha256sum --check`. */
async function checksums(out: string): Promise<string> {
  const names = [...new Bun.Glob(`{${NAMES.join(",")}}*`).scanSync(out)].toSorted();
  const lines = names.map(async (name) => `${await sha256Of(join(out, name))}  ${name}\n`);
  return (await Promise.all(lines)).join("");
}

async function sha256Of(path: string): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(path).stream()) hasher.update(chunk);
  return hasher.digest("hex");
}
