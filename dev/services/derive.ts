/** `bun run derive`: writes what follows from services.ts. */
import { join } from "node:path";

import { derivedFiles, formatted, ROOT } from "./derived.ts";
import { PAGES } from "./pages.ts";

const HELP = `Writes the files that follow from services.ts and from the variables of the services:
the compose files, overlays for Kubernetes, units for systemd, targets of Prometheus,
.env.example, and the launch configurations of the editor, from templates/derived. Adds rows to the
pages that list what the services have, and takes away those of what is gone.

Usage: bun run derive [--check]

  --check  write nothing; exit with 1, and name each file that differs
  --help   print this text`;

const words = process.argv.slice(2);
if (words.some((word) => ["--help", "-h"].includes(word))) {
  console.log(HELP);
  process.exit();
}
if (words.some((word) => word !== "--check")) {
  console.error("derive: unknown argument. See bun run derive --help");
  process.exit(2);
}

const differing: string[] = [];
for (const [path, text] of await derivedFiles()) {
  const file = Bun.file(join(ROOT, path));
  if ((await file.exists()) && (await file.text()) === text) continue;
  differing.push(path);
  if (!words.includes("--check")) await Bun.write(file, text);
}
for (const [path, complete] of Object.entries(PAGES)) {
  const file = Bun.file(join(ROOT, path));
  const before = await file.text();
  const completed = await complete(before);
  if (completed === before) continue;
  const text = await formatted(path, completed);
  differing.push(path);
  if (!words.includes("--check")) await Bun.write(file, text);
}
if (differing.length > 0) console.log(differing.join("\n"));
process.exit(words.includes("--check") && differing.length > 0 ? 1 : 0);
