/** `bun run postgres`: what docs/postgres.md tells to type, typed. */
import { expect, test } from "bun:test";
import { join } from "node:path";

import { json } from "../support/ask.ts";
import { command } from "../support/executables.ts";
import { ALL, bodyOf, FIRST } from "../support/first.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { PASSWORD, type PostgresServer } from "../support/postgres.ts";
import { type Running, startService } from "../support/processes.ts";
import { definitionOf } from "../support/services.ts";
import { requirePrograms, startDebian, trials } from "./support/debian.ts";

const PROGRAM = [process.execPath, join(ROOT, FIRST, "main.ts")];
const page = await Bun.file(join(ROOT, "docs/postgres.md")).text();

/** The database that the page creates, as an example. */
const [, DATABASE = ""] = /^CREATE DATABASE (\w+)/m.exec(page) ?? [];

/** The code of one language below a heading. */
function codeBelow(heading: string, language: "sql" | "sh"): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  const blocks = section.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, "gm"));
  return Array.from(blocks, ([, code = ""]) => code);
}

/** Runs a script of the administrator in a shell, with the programs of the server. */
async function shell(server: PostgresServer, script: string, stdin?: string) {
  const { port } = server;
  const child = Bun.spawn(["sh", "-euc", script], {
    env: {
      PATH: `${requirePrograms()}:${process.env["PATH"]}`,
      PGHOST: "127.0.0.1",
      PGPORT: String(port),
      PGUSER: "postgres",
      PGPASSWORD: PASSWORD,
    },
    stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

async function psql(server: PostgresServer, sql: string, database = "postgres") {
  const script = `psql --quiet --no-psqlrc --tuples-only --no-align --set=ON_ERROR_STOP=1 ${database}`;
  const { stdout, stderr, exitCode } = await shell(server, script, sql);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return stdout.trim();
}

const urlOf = ({ port }: PostgresServer, role: string, password: string) =>
  `postgres://${role}:${password}@127.0.0.1:${port}/${DATABASE}`;
const owner = (server: PostgresServer) => urlOf(server, `${DATABASE}_owner`, "choose-one");
const app = (server: PostgresServer) => urlOf(server, `${DATABASE}_app`, "choose-another");

const serve = (url: string) =>
  startService(FIRST, { DATABASE_URL: url }, [...PROGRAM, "serve", "--no-migrate"]);
const readiness = async ({ url }: Running) => (await fetch(`${url}/health/ready`)).status;
const migrate = (url: string) =>
  command([...PROGRAM, "migrate"], { environment: { DATABASE_URL: url } });

trials("docs/postgres.md", () => {
  test("has grants that are enough to migrate and to serve, and a backup that brings them back", async () => {
    using folder = temporaryFolder();
    const server = await startDebian();
    const [create = "", existing = ""] = codeBelow("Roles and grants", "sql");
    await psql(server, create);

    const waiting = await serve(app(server));
    expect(await readiness(waiting)).toBe(503);
    expect((await migrate(app(server))).exitCode).toBe(1);
    expect((await migrate(owner(server))).exitCode).toBe(0);
    while ((await readiness(waiting)) !== 200) await Bun.sleep(50);
    await psql(
      server,
      `REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM ${DATABASE}_app`,
      DATABASE,
    );
    const body = bodyOf(1);
    const created = await fetch(`${waiting.url}${ALL}`, json("POST", body));
    expect(created.status).toBe(201);
    const location = created.headers.get("location");
    expect(await waiting.stop()).toBe(0);
    await psql(server, existing, DATABASE);

    const [activity = ""] = codeBelow("Migrations", "sql");
    expect(await psql(server, activity)).toContain("pg_stat_activity");
    const [versions = ""] = codeBelow("Rollback", "sql");
    const { migrations } = await definitionOf(FIRST);
    expect(await psql(server, versions, DATABASE)).toStartWith(
      `1|${migrations[0]?.name}|1\n2|idempotency_keys|1\n`,
    );

    const [backup = "", restore = ""] = codeBelow("Backup", "sh").map((script) =>
      script.replaceAll("/backups", folder.path),
    );
    expect(await shell(server, backup)).toEqual({ stdout: "", stderr: "", exitCode: 0 });
    await server.stop();
    const another = await startDebian();
    const restored = await shell(another, restore);
    expect(restored).toMatchObject({ exitCode: 0 });
    expect(restored.stderr.match(/ERROR.*/g)).toEqual(['ERROR:  role "postgres" already exists']);
    const service = await serve(app(another));
    expect(await readiness(service)).toBe(200);
    expect(await (await fetch(`${service.url}${location}`)).json()).toMatchObject(body);
    expect((await fetch(`${service.url}${ALL}`, json("POST", bodyOf(2)))).status).toBe(201);
    expect(await service.stop()).toBe(0);
    // The owner can go on, and the role that serves cannot change anything.
    expect(await migrate(owner(another))).toMatchObject({ exitCode: 0 });
    await another.stop();
  });
});
