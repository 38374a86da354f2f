/**
 * Runs before every script of package.json: checks that Bun is there and recent enough, and installs
 * the packages. Plain JavaScript for any runtime, because it has to say what is missing.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(fileURLToPath(import.meta.url));

/** @param {string} folder */
const packageIn = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const { name: PROJECT, dependencies, devDependencies, engines } = packageIn(ROOT);
/** The version that everything is tested with. */
const WANTED = engines.bun.replace(">=", "");

/**
 * Returns what to say about this version of Bun, or nothing. A newer one may behave differently: it
 * is allowed, and named.
 *
 * @param {string | undefined} version undefined without Bun
 * @param {string} script what to run instead, for example `run dev`
 */
export function judge(version, script) {
  const instead = `npx --yes bun@${WANTED} ${script}`;
  if (!version) {
    return `needs Bun ${WANTED}: see https://bun.com/docs/installation, or ${instead}`;
  }
  if (!isOlder(version, WANTED)) return undefined;
  return `needs Bun ${WANTED}, this is ${version}: bun upgrade, or ${instead}`;
}

/**
 * Whether a version comes before another one.
 *
 * @param {string} version
 * @param {string} other
 */
function isOlder(version, other) {
  const [left, right] = [version, other].map((text) => text.split(/[.-]/).map(Number));
  for (const index of [0, 1, 2]) {
    if (left[index] !== right[index]) return left[index] < right[index];
  }
  return false;
}

/** Whether every package that the project names is there, in its version. */
export function isInstalled() {
  return Object.entries({ ...dependencies, ...devDependencies }).every(([name, version]) => {
    const folder = join(ROOT, "node_modules", name);
    return existsSync(join(folder, "package.json")) && packageIn(folder).version === version;
  });
}

/**
 * Installs the packages, as the lock file has them. Returns whether that succeeded; if not, it has
 * said why.
 *
 * @param {string} bun the command
 */
export function install(bun) {
  if (!isInstalled()) say("installing packages");
  const words = ["install", "--frozen-lockfile"];
  const { status, stdout, stderr } = spawnSync(bun, words, { cwd: ROOT, encoding: "utf8" });
  if (status === 0) return true;
  console.error(`${stdout}${stderr}`.trim());
  // Bun says that it cannot write, but not where.
  const where = join(ROOT, "node_modules");
  say(
    `the packages could not be installed in ${where}: see above. The first time needs the npm registry`,
  );
  return false;
}

/** @param {string} line */
export function say(line) {
  console.error(`${PROJECT}: ${line}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // What comes after this in package.json runs with the same `bun`.
  const { stdout } = spawnSync("bun", ["--version"], { encoding: "utf8" });
  const name = process.env.npm_lifecycle_event ?? "dev";
  const script = name === "test" ? "test" : `run ${name === "start" ? "dev" : name}`;
  const fault = judge(stdout?.trim() || undefined, script);
  if (fault) say(fault);
  process.exitCode = fault || !install("bun") ? 1 : 0;
}
