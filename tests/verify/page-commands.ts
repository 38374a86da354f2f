/** Every command of every page runs: here as it is written, or in the test or script named below. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";

import packageJson from "../../package.json";
import type { ServiceName } from "../../services.ts";
import { buildFolder, command } from "../support/executables.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { startService } from "../support/processes.ts";
import { FIRST, NAMES } from "../support/services.ts";

setDefaultTimeout(120_000);

/** Commands that run elsewhere: how they begin, and the file that runs them. */
const ELSEWHERE: [RegExp, string][] = [
  [/^\$ curl /, "tests/verify/session.ts"],
  [/^docker compose up /, "tests/containers.ts"],
  [
    /^POSTGRES_PASSWORD=\S+ docker compose -f compose\.yaml -f compose\.postgres\.yaml up /,
    "tests/containers.ts",
  ],
  [/^docker compose run .* \w+ backup /, "tests/containers.ts"],
  [/^printf .*key-set\.conf$/, "tests/verify/systemd.ts"],
  [/^(?:pg_dumpall|pg_dump|psql|pg_restore) /, "tests/postgres/documented.ts"],
];

/** What no test can run: programs of others that are in neither registry, with the page that says so. */
const OF_OTHERS: [RegExp, string][] = [
  [/^litestream (?:replicate|restore) /, "docs/backup.md"],
  [/^(?:systemctl|systemd-run|journalctl|ln) /, "deploy/systemd/README.md"],
  [
    /^docker compose -f compose\.yaml -f deploy\/observability\/compose\.yaml up /,
    "deploy/observability/README.md",
  ],
];

/** The pages whose commands run below. */
const RUN_HERE = ["docs/executables.md", "docs/identity.md", "docs/backup.md"];

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const environment = { PATH: process.env["PATH"] ?? "", PORT: "0" };

/** The blocks of commands of a page. */
async function blocksOf(page: string): Promise<string[]> {
  const text = await Bun.file(join(ROOT, page)).text();
  return Array.from(
    text.matchAll(/^```(?:sh|console)\n([\s\S]*?)^```$/gm),
    ([, block = ""]) => block,
  );
}

/** The commands of a block: of a session, those behind a prompt. */
function commandsIn(block: string): string[] {
  const lines = block.trimEnd().split("\n").filter(Boolean);
  return block.startsWith("$ ") ? lines.filter((line) => line.startsWith("$ ")) : lines;
}

/** Runs commands as a person would, beside `dist`, with backups in a folder of the test. */
async function shell(script: string) {
  const backups = join(folder.path, "backups");
  mkdirSync(backups, { recursive: true });
  const there = script.replaceAll("/backups/", `${backups}/`);
  return command(["sh", "-euc", there], { folder: folder.path, environment });
}

// A glob of Bun with a path in braces finds no file.
const pages = ["*.md", "docs/**/*.md", "deploy/*/*.md"]
  .flatMap((pattern) => Array.from(new Bun.Glob(pattern).scanSync(ROOT)))
  .toSorted();

test.each(pages)("Every command of %s runs in a test or a script", async (page) => {
  for (const line of (await blocksOf(page)).flatMap(commandsIn)) {
    const [, script] = /^bun run (\w+)/.exec(line) ?? [];
    if (script) expect(Object.keys(packageJson.scripts)).toContain(script);
    const [, file] = /^bun test (\S+)/.exec(line) ?? [];
    if (file && !file.startsWith("#")) expect(await Bun.file(join(ROOT, file)).exists()).toBe(true);
    const isOurs = /^bun (?:run|test)\b/.test(line) || RUN_HERE.includes(page);
    const [, elsewhere] = [...ELSEWHERE, ...OF_OTHERS].find(([form]) => form.test(line)) ?? [];
    if (!isOurs) expect(`${page}: ${line} -> ${elsewhere}`).not.toEndWith("undefined");
    if (elsewhere) expect(await Bun.file(join(ROOT, elsewhere)).exists()).toBe(true);
  }
});

test("docs/executables.md, docs/identity.md and docs/backup.md: the commands do what the pages say", async () => {
  symlinkSync(await buildFolder(), join(folder.path, "dist"));
  const executables = (await blocksOf("docs/executables.md")).map(withServices).flatMap(commandsIn);
  const first = serviceIn(executables.join("\n"));
  const [seed, serve] = [`dist/${first} seed`, `dist/${first} serve`];
  expect(executables).toEqual(["bun run build", seed, serve]);
  expect(await shell(seed)).toMatchObject({ exitCode: 0 });
  await serves(first);

  const [identity = "", renewal = ""] = (await blocksOf("docs/identity.md")).map(withServices);
  const { stdout, exitCode } = await shell(identity);
  expect({ exitCode, token: stdout.split(".").length }).toEqual({ exitCode: 0, token: 3 });

  // The token file: written, kept by an error of the provider, replaced by the next token.
  const asked: string[] = [];
  const answers = [
    () => Response.json({ token_type: "Bearer", access_token: "e.y.1", expires_in: 300 }),
    () => new Response("Away", { status: 503 }),
    () => Response.json({ error: "invalid_client" }),
    () => new Response('{ "access_token" : "e.y.2" }'),
  ];
  using provider = Bun.serve({
    port: 0,
    async fetch(request) {
      asked.push(await request.text());
      return answers[asked.length - 1]?.() ?? new Response(null, { status: 500 });
    },
  });
  const file = join(folder.path, "token");
  const [, fileVariable = ""] = /\$\{?(\w+_TOKEN_FILE)/.exec(renewal) ?? [];
  await Bun.write(join(folder.path, "client-secret"), "s&cret=");
  const variables = {
    TOKEN_URL: `http://127.0.0.1:${provider.port}/token`,
    TOKEN_FIELDS: "grant_type=client_credentials&client_id=caller",
    CLIENT_SECRET_FILE: join(folder.path, "client-secret"),
    [fileVariable]: file,
  };
  const renew = async () => {
    const words = ["sh", "-uc", renewal];
    await command(words, { folder: folder.path, environment: { ...environment, ...variables } });
    return (await Bun.file(file).text()).trimEnd();
  };
  for (const token of ["e.y.1", "e.y.1", "e.y.1", "e.y.2"]) expect(await renew()).toBe(token);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(asked[0]).toBe("grant_type=client_credentials&client_id=caller&client_secret=s%26cret%3D");

  const [backup = "", , restore = ""] = (await blocksOf("docs/backup.md")).map(withServices);
  const saved = serviceIn(backup);
  expect(await shell(`dist/${saved} seed`)).toMatchObject({ exitCode: 0 });
  expect(await shell(backup)).toMatchObject({ exitCode: 0 });
  expect((await shell(restore)).stderr).toContain(`data/${saved}.db`);
  expect(await shell(`rm -r data\n${restore}`)).toMatchObject({ exitCode: 0 });
  await serves(saved);
});

/** The commands of a page, which may still name a service that is gone, with another service. */
function withServices(commands: string): string {
  const [, named] = /\bdist\/([a-z]+) /.exec(commands) ?? [];
  if (named === undefined || NAMES.some((name) => name === named)) return commands;
  return commands.replaceAll(new RegExp(`\\b${named}\\b`, "g"), FIRST);
}

/** The service whose executable these commands start. */
function serviceIn(commands: string): ServiceName {
  const name = NAMES.find((one) => commands.includes(`dist/${one} `));
  return name ?? expect.unreachable(commands);
}

/** Starts the executable beside its database, and reads the demo data. */
async function serves(name: ServiceName): Promise<void> {
  const words = ["/usr/bin/env", "--chdir", folder.path, `dist/${name}`, "serve"];
  const service = await startService(name, {}, words);
  expect((await fetch(`${service.url}/${name}/1`)).status).toBe(200);
  expect(await service.stop()).toBe(0);
}
