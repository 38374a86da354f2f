import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
/** What `bun run build` makes, without the sources and packages that it was made of. */
import { copyFileSync, existsSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";

import { json } from "./support/ask.ts";
import { build, buildFolder, command, executable } from "./support/executables.ts";
import { ROOT, temporaryFolder } from "./support/folders.ts";
import { startService } from "./support/processes.ts";
import { NAMES } from "./support/services.ts";

setDefaultTimeout(240_000);

const MEMORY = { DATABASE_URL: "sqlite://:memory:" };

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const inFolder = (...names: string[]) => join(folder.path, ...names);

beforeAll(async () => {
  // Nothing of the project is above this folder, so none of its packages can be found from there.
  for (const service of NAMES) copyFileSync(await executable(service), inFolder(service));
  // What a careless deployment leaves lying around.
  await Bun.write(inFolder(".env"), "PORT=nonsense\n");
  await Bun.write(inFolder("bunfig.toml"), 'preload = ["./missing.ts"]\n');
  await Bun.write(inFolder("package.json"), "not JSON");
});

describe.each(NAMES)("%s", (service) => {
  const there = `/usr/bin/env --chdir ${folder.path} ${inFolder(service)}`.split(" ");
  const start = (environment: Record<string, string> = MEMORY) =>
    startService(service, environment, there);

  test("answers from a folder with nothing of the project in it", async () => {
    const running = await start();
    expect(await (await fetch(`${running.url}/health/ready`)).json()).toMatchObject({
      status: "ready",
    });
    expect(await running.stop()).toBe(0);
  });

  test("serves Swagger UI, its files and the document", async () => {
    const running = await start();
    const page = await (await fetch(`${running.url}/swagger`)).text();
    const files = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = ""]) => path);
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const path of [...files, "/swagger/json"]) {
      const answer = await fetch(`${running.url}${path}`);
      expect([path, answer.status]).toEqual([path, 200]);
      expect((await answer.bytes()).length).toBeGreaterThan(100);
    }
    await running.stop();
  });

  test("makes its database where it is told to, and its folder with it", async () => {
    const running = await start({ DATABASE_URL: `sqlite://made/here/${service}.db` });
    expect(existsSync(inFolder("made", "here", `${service}.db`))).toBe(true);
    await running.stop();
  });

  test("shows the lines of the sources where something breaks", async () => {
    const running = await start({ DATABASE_URL: `sqlite://broken-${service}.db` });
    const writer = new Bun.SQL(`sqlite://${inFolder(`broken-${service}.db`)}`);
    await writer.unsafe(`DROP TABLE ${service}`);
    await writer.close();
    const answer = await fetch(`${running.url}/${service}/1`);
    expect(answer.status).toBe(500);
    await running.stop();
    expect(running.log()).toContain(`${service}/store.ts:`);
    expect(await answer.text()).not.toContain("store.ts");
  });

  test("is made for production, whatever NODE_ENV says", async () => {
    const running = await start({ ...MEMORY, NODE_ENV: "development" });
    const answer = await fetch(`${running.url}/${service}/%ZZ`);
    expect(answer.status).toBeLessThan(500);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    await running.stop();
  });

  test("holds an Elysia that takes itself for production", async () => {
    const bytes = Buffer.from(await Bun.file(inFolder(service)).bytes());
    const at = bytes.indexOf("isProduction=");
    const [, env, isProduction] =
      /[ ,]env=([^]*?),ERROR_CODE[^]*isProduction=(.*?),/.exec(
        bytes.toString("latin1", at - 200, at + 100),
      ) ?? [];
    // In development it writes the whole of a value that it refuses into the message of its error.
    expect(new Function(`const env = ${env}; return ${isProduction}`)()).toBe(true);
  });
});

test("checksums and licences lie beside", async () => {
  const out = await buildFolder();
  const sums = await Bun.file(join(out, "SHA256SUMS")).text();
  for (const service of NAMES) {
    const hash = new Bun.CryptoHasher("sha256").update(await Bun.file(join(out, service)).bytes());
    expect(sums).toContain(`${hash.digest("hex")}  ${service}\n`);
  }
  const licences = await Bun.file(join(out, "LICENSES.txt")).text();
  expect(licences).toContain("JavaScriptCore");
  for (const name of ["elysia", "@elysiajs/swagger", "@sinclair/typebox", "swagger-ui-dist"]) {
    expect(licences).toMatch(new RegExp(`^# ${name} \\d+\\.\\d+\\.\\d+: (MIT|Apache-2\\.0)$`, "m"));
  }
  expect(licences).toContain("Apache License");
});

test("the licence of Bun is the one of the version in use", async () => {
  const page = join(ROOT, "node_modules", "bun-types", "docs", "project", "license.mdx");
  const [, , body = ""] = (await Bun.file(page).text()).split(/^---$/m);
  const kept = await Bun.file(join(ROOT, "deploy", "bun-license.md")).text();
  expect(kept.replace("# Bun\n", "").trim()).toBe(body.trim());
});

test("a second build of the same sources has the same bytes", async () => {
  // By a relative path, as people write it.
  await build("--service", "users", "--out", relative(process.cwd(), inFolder("again")));
  const again = await Bun.file(inFolder("again", "SHA256SUMS")).text();
  expect(again).toEndWith("  users.cdx.json\n");
  expect(await Bun.file(join(await buildFolder(), "SHA256SUMS")).text()).toContain(again);
});

describe("For another processor", () => {
  const out = inFolder("cross");
  const path = join(out, "users-linux-arm64");
  beforeAll(() => build("--service", "users", "--target", "linux-arm64", "--out", out));

  test("it builds", async () => {
    expect(readdirSync(out).toSorted()).toEqual([
      "LICENSES.txt",
      "SHA256SUMS",
      "users-linux-arm64",
      "users-linux-arm64.cdx.json",
    ]);
    const header = new DataView(await Bun.file(path).slice(0, 20).arrayBuffer());
    const EM_AARCH64 = 183;
    expect(header.getUint16(18, true)).toBe(EM_AARCH64);
    expect(statSync(path).mode & 0o111).not.toBe(0);
  });

  // Debian: qemu-user-static and libc6-arm64-cross. REQUIRE_EMULATOR=1 does not let it be skipped.
  const emulator = Bun.which("qemu-aarch64-static");
  const mustRun = process.env["REQUIRE_EMULATOR"] === "1";
  test.skipIf(!emulator && !mustRun)("what it builds answers there, and ends with 0", async () => {
    const emulated = [emulator ?? "qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", path];
    const running = await startService("users", MEMORY, emulated);
    const sent = { name: "Carol", email: "carol@example.com" };
    const created = await fetch(`${running.url}/users`, json("POST", sent));
    expect([created.status, await created.json()]).toMatchObject([201, sent]);
    const document = await fetch(`${running.url}/swagger/json`);
    expect(await document.json()).toMatchObject({ info: { title: "Users API" } });
    expect(await running.stop()).toBe(0);
  });
});

test.each([
  ["--target solaris", 'unknown target "solaris". Expected linux-x64'],
  ["--service sales", `unknown service "sales". Expected ${NAMES.join(", ")}`],
  ["--fast", "Unknown option '--fast'"],
  ["now", "Unexpected argument 'now'"],
])("bun run build %s is one line and exit code 2", async (args, message) => {
  const words = [process.execPath, join(ROOT, "build.ts"), ...args.split(" ")];
  const { exitCode, stderr } = await command(words);
  expect(exitCode).toBe(2);
  expect(stderr).toStartWith(`build: ${message}`);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});
