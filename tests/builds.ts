/**
 * Further builds than the one that all tests share. They are part of `bun run executables`, because
 * each keeps both cores busy for seconds.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";

import { serviceNamed } from "../services.ts";
import { documentOf } from "./contract/documents.ts";
import { type Opened, openService } from "./support/apps.ts";
import { json } from "./support/ask.ts";
import { build, buildFolder } from "./support/executables.ts";
import { ALL, bodyOf, FIRST } from "./support/first.ts";
import { temporaryFolder } from "./support/folders.ts";
import { startService } from "./support/processes.ts";
import { NAMES } from "./support/services.ts";

setDefaultTimeout(240_000);

const MEMORY = { DATABASE_URL: "sqlite://:memory:" };

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const inFolder = (...names: string[]) => join(folder.path, ...names);

/** Serves on the default port, unless another program already does. */
function serveIfFree({ fetch }: Opened): Bun.Server<undefined> | undefined {
  try {
    return Bun.serve({ port: serviceNamed(FIRST).port, hostname: "127.0.0.1", fetch });
  } catch {
    return undefined;
  }
}

// Two builds at a time use both cores of a small machine.
describe.concurrent("A build of one service", () => {
  const out = inFolder("cross");
  const path = join(out, `${FIRST}-linux-arm64`);
  let building: Promise<void> | undefined;
  const buildForArm64 = () =>
    (building ??= build("--service", FIRST, "--target", "linux-arm64", "--out", out));

  test("is byte-identical to another build of the same sources", async () => {
    // With a relative path, as people write it: the build runs in a folder beside this one.
    await build("--service", FIRST, "--out", join("..", basename(folder.path), "again"));
    const again = await Bun.file(inFolder("again", "SHA256SUMS")).text();
    expect(again).toEndWith(`  ${FIRST}.cdx.json\n`);
    expect(await Bun.file(join(await buildFolder(), "SHA256SUMS")).text()).toContain(again);
  });

  test("is the same while its callees run on their default ports", async () => {
    const first = await openService(FIRST);
    const server = serveIfFree(first);
    await build("--service", NAMES.at(-1) ?? FIRST, "--out", inFolder("beside"));
    const beside = await Bun.file(inFolder("beside", "SHA256SUMS")).text();
    expect(await Bun.file(join(await buildFolder(), "SHA256SUMS")).text()).toContain(beside);
    await server?.stop(true);
    await first.close();
  });

  test("for arm64 creates an executable of that architecture", async () => {
    await buildForArm64();
    expect(readdirSync(out).toSorted()).toEqual([
      "LICENSES.txt",
      "SHA256SUMS",
      `${FIRST}-linux-arm64`,
      `${FIRST}-linux-arm64.cdx.json`,
    ]);
    const header = new DataView(await Bun.file(path).slice(0, 20).arrayBuffer());
    const EM_AARCH64 = 183;
    expect(header.getUint16(18, true)).toBe(EM_AARCH64);
    expect(statSync(path).mode & 0o111).not.toBe(0);
  });

  // Debian: qemu-user-static and libc6-arm64-cross. REQUIRE_EMULATOR=1 fails instead of skipping.
  const emulator = Bun.which("qemu-aarch64-static");
  const mustRun = process.env["REQUIRE_EMULATOR"] === "1";
  test.skipIf(!emulator && !mustRun)(
    "for arm64 creates a binary that runs in an emulator",
    async () => {
      await buildForArm64();
      const emulated = [emulator ?? "qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", path];
      const running = await startService(FIRST, MEMORY, emulated);
      const sent = bodyOf(1);
      const created = await fetch(`${running.url}${ALL}`, json("POST", sent));
      expect([created.status, await created.json()]).toMatchObject([201, sent]);
      const document = await fetch(`${running.url}/swagger/json`);
      // Served, the address is relative, so that "Try it out" stays where it is.
      const servers = [{ url: "/", description: "This service" }];
      const sources = await documentOf(FIRST, { checks: false });
      expect(await document.json()).toEqual({ ...sources, servers });
      expect(await running.stop()).toBe(0);
    },
  );
});
