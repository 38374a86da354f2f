/** The executables, built once for all tests that run them. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import type { ServiceName } from "../../services.ts";
import { atEnd } from "./at-end.ts";
import { ROOT, temporaryFolder } from "./folders.ts";
import { forEach, NAMES } from "./services.ts";

const OUT = join(ROOT, "dist", "test");
const PROGRAM = ["shared", "platform", ...NAMES].join(",");
const SOURCES = [
  "build.ts",
  "bundle.ts",
  "services.ts",
  "package.json",
  "bun.lock",
  `{${PROGRAM}}/**/*.{ts,sql,json,js,css}`,
];

let built: Promise<void> | undefined;

/** The path of an executable built from the current sources. */
export async function executable(service: ServiceName): Promise<string> {
  return join(await buildFolder(), service);
}

/** The paths of all executables. */
export function executables(): Promise<Record<ServiceName, string>> {
  return forEach(executable);
}

/** The folder with the output of `bun run build`. */
export async function buildFolder(): Promise<string> {
  await (built ??= buildIfChanged());
  return OUT;
}

async function buildIfChanged(): Promise<void> {
  const stamp = Bun.file(join(OUT, "sources.sha256"));
  const sources = await hashSources();
  if ((await stamp.exists()) && (await stamp.text()) === sources) return;
  mkdirSync(OUT, { recursive: true });
  await Bun.write(stamp, "being built");
  await build("--out", OUT);
  await Bun.write(stamp, sources);
}

async function hashSources(): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const pattern of SOURCES) {
    const files = [...new Bun.Glob(pattern).scanSync(ROOT)].toSorted();
    for (const file of files.filter((name) => !name.endsWith(".test.ts"))) {
      hasher.update(`${file}\n`).update(await Bun.file(join(ROOT, file)).bytes());
    }
  }
  return hasher.digest("hex");
}

/** Runs `bun run build` with these arguments. */
export async function build(...args: string[]): Promise<void> {
  // An interrupted build leaves a temporary file in the current folder.
  using folder = temporaryFolder();
  const outcome = await command([process.execPath, join(ROOT, "build.ts"), ...args], {
    folder: folder.path,
    // Not the real commit: the output should depend only on the sources.
    environment: { PATH: process.env["PATH"] ?? "", COMMIT: "0123456789abcdef" },
  });
  if (outcome.exitCode !== 0) throw new Error(`The build failed:\n${outcome.stderr}`);
}

export interface CommandOptions {
  /** The whole environment. Default: empty */
  environment?: Record<string, string>;
  /** Working directory. Default: the system's temporary folder */
  folder?: string;
}

/** Runs a program until it exits. */
export async function command(
  words: readonly string[],
  { environment = {}, folder = "/tmp" }: CommandOptions = {},
) {
  const child = Bun.spawn([...words], {
    cwd: folder,
    env: environment,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  void child.exited.then(atEnd(() => child.kill()));
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}
