/** The output of `bun run build`, without the sources and packages. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { IDENTITY } from "../support/callers.ts";
import { buildFolder, command, executable } from "../support/executables.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { startService } from "../support/processes.ts";
import { NAMES } from "../support/services.ts";

setDefaultTimeout(240_000);

const MEMORY = { DATABASE_URL: "sqlite://:memory:" };

/** Variables of Bun that open, print or weaken what a service protects. */
const DANGEROUS = {
  BUN_INSPECT: "ws://127.0.0.1:0/debug",
  BUN_INSPECT_CONNECT_TO: "ws://127.0.0.1:1",
  BUN_INSPECT_NOTIFY: "unix:///dev/null/none",
  BUN_INSPECT_PRELOAD: "/dev/null",
  BUN_OPTIONS: "--cpu-prof-md",
  BUN_JSC_dumpOptions: "1",
  BUN_CONFIG_VERBOSE_FETCH: "curl",
  NODE_TLS_REJECT_UNAUTHORIZED: "0",
};

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const inFolder = (...names: string[]) => join(folder.path, ...names);

beforeAll(async () => {
  // This folder is outside the project, so no package of the project can be found from it.
  for (const service of NAMES) copyFileSync(await executable(service), inFolder(service));
  // Files that a careless deployment leaves behind.
  await Bun.write(inFolder(".env"), "PORT=nonsense\n");
  await Bun.write(inFolder("bunfig.toml"), 'preload = ["../missing.ts"]\n');
  await Bun.write(inFolder("package.json"), "not JSON");
});

describe.each(NAMES)("The executable of %s", (service) => {
  const there = `/usr/bin/env --chdir ${folder.path} ${inFolder(service)}`.split(" ");
  const start = (environment: Record<string, string> = MEMORY) =>
    startService(service, environment, there);

  test("starts and is ready in a folder without the project", async () => {
    const running = await start();
    expect(await (await fetch(`${running.url}/health/ready`)).json()).toMatchObject({
      status: "ready",
    });
    expect(await running.stop()).toBe(0);
  });

  test("serves Swagger UI, its files and the OpenAPI document", async () => {
    const running = await start();
    const page = await (await fetch(`${running.url}/swagger`)).text();
    const files = [...page.matchAll(/(?:src|href)="(swagger\/[^"]+)"/g)].map(
      ([, path]) => `/${path}`,
    );
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const path of [...files, "/swagger/json"]) {
      const answer = await fetch(`${running.url}${path}`);
      expect([path, answer.status]).toEqual([path, 200]);
      expect((await answer.bytes()).length).toBeGreaterThan(100);
    }
    await running.stop();
  });

  test("creates its database and its folder at the path in DATABASE_URL", async () => {
    const running = await start({ DATABASE_URL: `sqlite://made/here/${service}.db` });
    expect(existsSync(inFolder("made", "here", `${service}.db`))).toBe(true);
    await running.stop();
  });

  test("logs errors with lines of the original sources", async () => {
    const environment = { DATABASE_URL: `sqlite://${inFolder(`broken-${service}.db`)}` };
    expect((await command([...there, "seed"], { environment })).exitCode).toBe(0);
    const running = await start(environment);
    const writer = new Bun.SQL(`sqlite://${inFolder(`broken-${service}.db`)}`);
    // No time of a response is that late.
    await writer.unsafe(`UPDATE ${service} SET created_at = 9000000000000000`);
    await writer.close();
    const answer = await fetch(`${running.url}/${service}/1`);
    expect(answer.status).toBe(500);
    await running.stop();
    expect(running.log()).toMatch(/ at .*platform\/resources\/[\w-]+\.ts:\d/);
    expect(await answer.text()).not.toContain(".ts");
  });

  test("runs in production mode, whatever NODE_ENV says", async () => {
    const running = await start({ ...MEMORY, NODE_ENV: "development" });
    const answer = await fetch(`${running.url}/${service}/%ZZ`);
    expect(answer.status).toBeLessThan(500);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    await running.stop();
  });

  test.each(Object.entries(DANGEROUS))(
    "with AUTH=on does not start with %s=%s",
    async (name, value) => {
      const outcome = await command(there, {
        environment: { ...MEMORY, ...IDENTITY, HOST: "127.0.0.1", PORT: "0", [name]: value },
      });
      expect(outcome.exitCode).toBe(2);
      expect(outcome.stderr).toMatch(
        new RegExp(`${service}: ${name}: unset it, because it .*, and AUTH is on$`, "m"),
      );
    },
  );

  test("may be debugged from source, even with AUTH=on", async () => {
    const main = [process.execPath, join(ROOT, service, "main.ts")];
    const { BUN_INSPECT } = DANGEROUS;
    const environment = { ...MEMORY, ...IDENTITY, HOST: "127.0.0.1", BUN_INSPECT };
    const running = await startService(service, environment, main);
    expect(await running.stop()).toBe(0);
  });

  test("with AUTH=on starts if all of these are empty, as in the images", async () => {
    const dockerfile = await Bun.file(join(ROOT, "Dockerfile")).text();
    const empty = Array.from(dockerfile.matchAll(/^ +([A-Z_]+)=""/gm), ([, name = ""]) => name);
    const named = Object.keys(DANGEROUS).filter((name) => !name.startsWith("BUN_JSC_"));
    expect(empty.toSorted()).toEqual(["BUN_BE_BUN", ...named].toSorted());
    const running = await start({
      ...MEMORY,
      ...IDENTITY,
      HOST: "127.0.0.1",
      ...Object.fromEntries(empty.map((name) => [name, ""])),
    });
    expect(await running.stop()).toBe(0);
  });

  test("contains an Elysia in production mode", () => {
    const bytes = readFileSync(inFolder(service));
    const at = bytes.indexOf("isProduction=");
    const [, env, isProduction] =
      /[ ,]env=([^]*?),ERROR_CODE[^]*isProduction=(.*?),/.exec(
        bytes.toString("latin1", at - 200, at + 100),
      ) ?? [];
    // In development mode Elysia writes the whole rejected value into its error message.
    expect(new Function(`const env = ${env}; return ${isProduction}`)()).toBe(true);
  });
});

test("The build has checksums and licences next to the executables", async () => {
  const out = await buildFolder();
  const sums = await Bun.file(join(out, "SHA256SUMS")).text();
  for (const service of NAMES) {
    const hash = new Bun.CryptoHasher("sha256").update(readFileSync(join(out, service)));
    expect(sums).toContain(`${hash.digest("hex")}  ${service}\n`);
  }
  const licences = await Bun.file(join(out, "LICENSES.txt")).text();
  expect(licences).toContain("JavaScriptCore");
  for (const name of ["elysia", "@elysiajs/swagger", "@sinclair/typebox", "swagger-ui-dist"]) {
    expect(licences).toMatch(new RegExp(`^# ${name} \\d+\\.\\d+\\.\\d+: (MIT|Apache-2\\.0)$`, "m"));
  }
  expect(licences).toContain("Apache License");
});

test("The licence of Bun is that of the version in use", async () => {
  const page = join(ROOT, "node_modules", "bun-types", "docs", "project", "license.mdx");
  const [, , body = ""] = (await Bun.file(page).text()).split(/^---$/m);
  const kept = await Bun.file(join(ROOT, "deploy", "bun-license.md")).text();
  expect(kept.replace("# Bun\n", "").trim()).toBe(body.trim());
});

test.concurrent.each([
  ["--target solaris", 'unknown target "solaris". Expected linux-x64'],
  ["--service sales", `unknown service "sales". Expected ${NAMES.join(", ")}`],
  ["--fast", "Unknown option '--fast'"],
  ["now", "Unexpected argument 'now'"],
])("bun run build %s prints one line and exits with 2", async (args, message) => {
  const words = [process.execPath, join(ROOT, "build.ts"), ...args.split(" ")];
  const { exitCode, stderr } = await command(words);
  expect(exitCode).toBe(2);
  expect(stderr).toStartWith(`build: ${message}`);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

test("bun run build prints one line with the path where it cannot write, and exits with 1", async () => {
  using folder = temporaryFolder();
  // A file in place of the folder stops even root.
  const out = join(folder.path, "file", "dist");
  await Bun.write(join(folder.path, "file"), "");
  const words = [process.execPath, join(ROOT, "build.ts"), "--out", out];
  const { exitCode, stderr } = await command(words);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^build: cannot write to \/.*\/file\/dist \(\w+\): [^\n]*\n$/);
});
