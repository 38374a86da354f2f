/** `bun run rename`: gives the project another name. */
import { parseArgs } from "node:util";

import packageJson from "../../package.json";
import { SERVICES } from "../../services.ts";
import { asScript, edit, Refusal, requireCommitted, run, textOf } from "./edits.ts";

const HELP = `Gives the project another name: that of its package, its images, the compose project, the label of
its objects in Kubernetes, its folders with systemd, and its dashboard. Now it is ${packageJson.name}.

Usage: bun run rename NAME

  NAME    small letters and digits, in words joined by "-": my-shop
  --help  print this text`;

const foldersOf = (name: string) => [`/opt/${name}/`, `/etc/${name}`];

/** Where the name is written. All other files take it from package.json, or are derived. */
const PLACES: [path: string, textsWith: (name: string) => string[]][] = [
  ["package.json", (name) => [`\n  "name": "${name}",`]],
  ["bun.lock", (name) => [`\n      "name": "${name}",`]],
  [
    "deploy/observability/dashboard.json",
    (name) => [`"title": "${name}"`, `"uid": "${name}"`, `"tags": ["${name}"]`],
  ],
  ["deploy/kubernetes/README.md", (name) => [`--images registry.example.com/${name}\n`]],
  ["deploy/systemd/README.md", foldersOf],
  ["deploy/systemd/edge-.service.d/common.conf", (name) => [`/etc/${name}/`]],
  ["deploy/systemd/edge-backup@.service", (name) => [`/opt/${name}/`]],
];

/** Of a dashboard's uid, which is the shortest of all. */
const LENGTH_MAX = 40;

await asScript("rename", main);

async function main(): Promise<void> {
  const name = readName();
  requireUsable(name);
  requireCommitted();
  for (const [path, textsWith] of PLACES) {
    const text = await textOf(path);
    const missing = textsWith(packageJson.name).find((one) => !text.includes(one));
    if (missing) throw new Refusal(`${path} lacks ${missing.trim()}: nothing was changed`);
  }
  for (const [path, textsWith] of PLACES) {
    const after = textsWith(name);
    await edit(path, (text) =>
      textsWith(packageJson.name).reduce(
        (changed, before, index) => changed.replaceAll(before, () => after[index] ?? ""),
        text,
      ),
    );
  }
  // In a process that reads package.json afresh.
  run("derive", process.execPath, "dev/services/derive.ts");
  const changed = run("git diff", "git", "diff", "--name-only").trimEnd().split("\n");
  console.log(`${packageJson.name} is now ${name}, in:

${changed.map((path) => `  ${path}`).join("\n")}

LICENSE still names whose work this is: keep its line, and add yours.
Next: bun run check && bun test, and a commit`);
}

function readName(): string {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    console.log(HELP);
    process.exit();
  }
  const [name, ...more] = positionals;
  if (name !== undefined && more.length === 0) return name;
  throw new Refusal("give one name. See bun run rename --help");
}

/** @throws Refusal for what cannot be the name of a package, an image, a project and a label */
function requireUsable(name: string): void {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) || name.length > LENGTH_MAX) {
    throw new Refusal(
      `a name has small letters and digits, in words joined by "-", at most ${LENGTH_MAX} in all`,
    );
  }
  if (name === packageJson.name) throw new Refusal(`the project is ${name} already`);
  if (SERVICES.some((service) => service.name === name)) {
    throw new Refusal(`${name} is a service of the project`);
  }
}
