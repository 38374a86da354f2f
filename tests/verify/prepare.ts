/** What a newcomer reads when Bun is missing or old, or when the packages cannot be installed. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import packageJson from "../../package.json";
import { command } from "../support/executables.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";

setDefaultTimeout(60_000);

const { name: NAME } = packageJson;
const INSTEAD = "npx --yes bun@1.4.5 run dev";

interface Prepared {
  /** The version that `bun --version` prints, `real` for the real one. Default: there is no Bun */
  bun?: string;
  /** The script of package.json. Default: dev */
  script?: string;
}

/** Runs the check as `npm run` does, in a folder without packages, with no registry to reach. */
async function prepare({ bun, script = "dev" }: Prepared) {
  using folder = temporaryFolder();
  const bin = join(folder.path, "bin");
  mkdirSync(bin);
  if (bun === "real") symlinkSync(process.execPath, join(bin, "bun"));
  else if (bun) {
    await Bun.write(join(bin, "bun"), `#!/bin/sh\necho ${bun}\n`);
    chmodSync(join(bin, "bun"), 0o755);
  }
  for (const name of ["prepare.js", "package.json", "bun.lock"]) {
    copyFileSync(join(ROOT, name), join(folder.path, name));
  }
  const { exitCode, stderr } = await command([process.execPath, "prepare.js"], {
    folder: folder.path,
    environment: {
      PATH: bin,
      npm_lifecycle_event: script,
      BUN_INSTALL_CACHE_DIR: join(folder.path, "cache"),
      npm_config_registry: "http://127.0.0.1:9",
    },
  });
  return { exitCode, lines: stderr.trimEnd().split("\n") };
}

test("Without Bun a script says where to get it, and what to run without it", async () => {
  expect(await prepare({})).toEqual({
    exitCode: 1,
    lines: [`${NAME}: needs Bun 1.4.5: see https://bun.com/docs/installation, or ${INSTEAD}`],
  });
});

test.each(["1.3.0", "1.4.4", "0.9.11"])(
  "With Bun %s a script names both versions and how to get the right one",
  async (bun) => {
    expect(await prepare({ bun, script: "start" })).toEqual({
      exitCode: 1,
      lines: [`${NAME}: needs Bun 1.4.5, this is ${bun}: bun upgrade, or ${INSTEAD}`],
    });
  },
);

test("The line names the command that was asked for", async () => {
  expect((await prepare({ script: "test" })).lines[0]).toEndWith("npx --yes bun@1.4.5 test");
  expect((await prepare({ script: "check" })).lines[0]).toEndWith("bun@1.4.5 run check");
});

test.each(["1.4.5", "1.4.10", "1.5.0", "2.0.0-canary.1"])(
  "Bun %s may run everything",
  async (bun) => {
    expect((await prepare({ bun })).exitCode).toBe(0);
  },
);

test("Without a registry a script says why the packages are missing", async () => {
  const { exitCode, lines } = await prepare({ bun: "real" });
  expect(exitCode).toBe(1);
  expect(lines[0]).toBe(`${NAME}: installing packages`);
  expect(lines.join("\n")).toContain("ConnectionRefused");
  const [last = ""] = lines.slice(-1);
  expect(last).toStartWith(`${NAME}: the packages could not be installed in /`);
  expect(last).toContain("node_modules: see above");
});

test("Every script begins with the check, and all name the same version of Bun", async () => {
  for (const [name, script] of Object.entries(packageJson.scripts)) {
    expect(`${name}: ${script}`).toStartWith(`${name}: node prepare.js && `);
  }
  const { version } = (await import("bun-types/package.json")).default;
  expect(packageJson.engines.bun).toBe(`>=${version}`);
  expect(packageJson.packageManager).toBe(`bun@${version}`);
  expect((await Bun.file(join(ROOT, ".bun-version")).text()).trim()).toBe(version);
});
