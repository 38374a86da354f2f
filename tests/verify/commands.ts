/** The command line of the executables, in an empty folder with an empty environment. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { listeningUrl } from "../../platform/process/listening.ts";
import type { ServiceName } from "../../services.ts";
import { IDENTITY } from "../support/callers.ts";
import { command, executables } from "../support/executables.ts";
import { temporaryFolder } from "../support/folders.ts";
import { startService } from "../support/processes.ts";
import { definitionOf, FIRST, forEach, NAMES } from "../support/services.ts";

setDefaultTimeout(120_000);

const SEED_OPTIONS = await forEach(async (name) =>
  Object.keys((await definitionOf(name)).seedOptions),
);

const MEMORY = "sqlite://:memory:";

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

let paths: Record<ServiceName, string>;
beforeAll(async () => void (paths = await executables()));

function run(service: ServiceName, args: string, environment: Record<string, string> = {}) {
  const words = args.split(" ").filter((word) => word !== "");
  return command([paths[service], ...words], { environment, folder: folder.path });
}

describe.each(NAMES)("The command line of %s", (service) => {
  test.each(["--help", "-h", "help", "help nothing"])(
    "prints its commands for %s",
    async (words) => {
      const { exitCode, stdout, stderr } = await run(service, words);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toContain(`Usage: ${service} [command]`);
    },
  );

  test.each(["help serve", "serve --help", "-h serve"])(
    "prints the options of one command for %s",
    async (words) => {
      const { exitCode, stdout, stderr } = await run(service, words);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toContain(`Usage: ${service} serve [options]`);
      for (const option of ["--reuse-port", "--no-migrate", "--seed"]) {
        expect(stdout).toContain(`  ${option}\n`);
      }
      expect(stdout).toContain(`${service} --help lists all commands`);
      expect(stdout).not.toContain("backup");
    },
  );

  test("shows where it listens and what it keeps first of all variables", async () => {
    const { stdout } = await run(service, "--help");
    const variables = stdout.slice(stdout.indexOf("Environment variables"));
    const names = [...variables.matchAll(/^ {2}([A-Z][A-Z_]+) \[/gm)].map(([, name]) => name);
    expect(names.slice(0, 3)).toEqual(["PORT", "HOST", "DATABASE_URL"]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("lists every variable with its default for --help", async () => {
    const { exitCode, stdout, stderr } = await run(service, "--help");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { config } = await definitionOf(service);
    for (const [name, variable] of Object.entries(config.properties)) {
      expect(stdout).toMatch(new RegExp(`^ +${name} `, "m"));
      const { default: value } = variable as { default?: unknown };
      if (value !== undefined) expect(stdout).toContain(`[${value === "" ? "none" : value}]`);
    }
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test.each(["--version", "version"])("prints the version and the commit for %s", async (word) => {
    const { exitCode, stdout } = await run(service, word);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${service} \\d+\\.\\d+\\.\\d+ \\(0123456789ab\\)\\n$`));
  });

  test("prints the document for openapi without a server or a database, also with DOCS=off", async () => {
    const environment = { PORT: "9000", DOCS: "off", ALLOWED_HOSTS: "shop.example.com" };
    const { exitCode, stdout, stderr } = await run(service, "openapi", environment);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      openapi: "3.1.0",
      servers: [{ url: "http://localhost:9000" }],
      tags: [{ name: service }],
    });
    expect(readdirSync(folder.path)).not.toContain("data");
  });

  test("migrates a database only once", async () => {
    const environment = { DATABASE_URL: `sqlite://${folder.path}/migrated-${service}.db` };
    const first = await run(service, "migrate", environment);
    expect(first).toMatchObject({ exitCode: 0, stdout: "" });
    expect(first.stderr).toContain("applied migration 1 ");
    const second = await run(service, "migrate", environment);
    expect(second).toEqual({ exitCode: 0, stdout: "", stderr: "nothing to migrate\n" });
  });

  test("seeds only an empty database with the demo data", async () => {
    const environment = { DATABASE_URL: `sqlite://${folder.path}/seeded-${service}.db` };
    const first = await run(service, "seed", environment);
    expect(first).toMatchObject({ exitCode: 0, stdout: "" });
    expect(first.stderr).toMatch(/^seeded [^\n]+\n$/);
    const second = await run(service, "seed", environment);
    expect(second.exitCode).toBe(0);
    expect(second.stderr).toContain("nothing to seed");
  });

  test("warns about a misspelt variable, on standard error and in the log", async () => {
    const environment = { DATABASE_URL: MEMORY, RATE_LIMT: "s3cret", PATH: "/bin", HOME: "/" };
    const { exitCode, stdout, stderr } = await run(service, "openapi", environment);
    expect(exitCode).toBe(0);
    JSON.parse(stdout);
    const warning = "RATE_LIMT is ignored: did you mean RATE_LIMIT?";
    expect(stderr).toBe(`${service}: ${warning}\n`);
    const running = await startService(service, environment, [paths[service]]);
    await running.stop();
    const lines = running.log().trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ level: "warn", message: warning }),
    );
    expect(running.log()).not.toContain("s3cret");
  });

  test("goes on with a seed that was interrupted, also after SIGKILL", async () => {
    const file = join(folder.path, `interrupted-${service}.db`);
    const environment = { DATABASE_URL: `sqlite://${file}` };
    const count = 300_000;
    const words = [paths[service], "seed", `--${service}`, String(count)];
    for (const signal of ["SIGINT", "SIGKILL"] as const) {
      const child = Bun.spawn(words, { env: environment, stderr: "ignore" });
      const before = rowsIn(file, service);
      while (rowsIn(file, service) === before && child.exitCode === null) await Bun.sleep(5);
      child.kill(signal);
      await child.exited;
    }
    const there = rowsIn(file, service);
    expect(there).toBeGreaterThan(0);
    expect(there).toBeLessThan(count);
    const { stderr } = await run(service, `seed --${service} ${count}`, environment);
    expect(stderr).toContain(`seeded ${count - there} ${service} in `);
    expect(rowsIn(file, service)).toBe(count);
    const again = await run(service, `seed --${service} ${count}`, environment);
    expect(again.stderr).toContain("nothing to seed");
  });

  test("serves the demo data that serve --seed has loaded, in memory too", async () => {
    const command = [paths[service], "serve", "--seed"];
    const running = await startService(service, { DATABASE_URL: MEMORY }, command);
    const response = await fetch(`${running.url}/${service}/1`);
    await running.stop();
    expect(response.status).toBe(200);
    expect(running.log()).toMatch(/"message":"seeded /);
  });

  test("exits with 0 for healthcheck if an instance is ready, and with 1 if none is running", async () => {
    const environment = { DATABASE_URL: MEMORY };
    const running = await startService(service, environment, [paths[service]]);
    const { port } = new URL(running.url);
    const ready = await run(service, "healthcheck", { PORT: port });
    expect(ready).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    await running.stop();
    const gone = await run(service, "healthcheck", { PORT: port });
    expect(gone).toMatchObject({ exitCode: 1, stdout: "" });
    expect(gone.stderr).toMatch(
      oneLine(service, `No response from http://127.0.0.1:${port}/health/ready: ECONNREFUSED`),
    );
  });

  test.each([
    ["srve", 'unknown command "srve". Did you mean serve?'],
    ["frobnicate", 'unknown command "frobnicate". Expected backup, healthcheck, migrate'],
    ["serve now", 'unexpected argument "now"'],
    ["--hlep", 'unknown option "--hlep". Did you mean --help?'],
    [
      "serve --nope",
      `unknown option "--nope". ${service} serve takes --reuse-port, --no-migrate, `,
    ],
    ["serve --resue-port", 'unknown option "--resue-port". Did you mean --reuse-port?'],
    ["migrate --nope", `unknown option "--nope". ${service} migrate takes no options; see`],
    ["backup --nope x", `unknown option "--nope". ${service} backup takes --to, --full-check; see`],
    ["--reuse-port=yes", "--reuse-port takes no value"],
    ["migrate --reuse-port", `--reuse-port is an option of ${service} serve`],
    ["migrate --no-migrate", `--no-migrate is an option of ${service} serve`],
    ["--no-migrate=yes", "--no-migrate takes no value"],
    ...SEED_OPTIONS[service].slice(0, 1).flatMap((option) => [
      [`seed --${option} many`, `--${option}: expected a whole number, such as 1000`],
      [`seed --${option}`, `--${option}: expected a whole number, such as 1000`],
      [`serve --${option} 3`, `--${option} is an option of ${service} seed`],
    ]),
    ["token", "--sub: expected the id of a user"],
    ["token --sub 1", `--scope: expected one or more of ${FIRST}:read, ${FIRST}:write`],
    ["token --sub 1 --scope admin --expires soon", "--expires: expected a time"],
    ["serve --sub 1", `--sub is an option of ${service} token`],
  ])("prints one line and exits with 2 for %s", async (args, message) => {
    const { exitCode, stdout, stderr } = await run(service, args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(oneLine(service, message));
  });

  test("prints one line that names each invalid variable, and exits with 2", async () => {
    const environment = { PORT: "http", LOG_LEVEL: "loud", DATABASE_URL: "mysql://root:pw@db/x" };
    const { exitCode, stdout, stderr } = await run(service, "serve", environment);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(oneLine(service, ""));
    for (const name of Object.keys(environment)) expect(stderr).toContain(`${name}: expected`);
    expect(stderr).not.toContain("pw");
  });

  test("exits with 2 if AUTH is not set on an address that other machines can reach", async () => {
    const open = { HOST: "0.0.0.0", PORT: "0", DATABASE_URL: "sqlite://:memory:" };
    const { exitCode, stdout, stderr } = await run(service, "serve", open);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(oneLine(service, "AUTH: set it to on or off"));
  });

  test("prints only a token for token, signed with the first secret in the file", async () => {
    const AUTH_SECRET_FILE = join(folder.path, "secret");
    await Bun.write(AUTH_SECRET_FILE, `${IDENTITY.AUTH_SECRET},${"former".repeat(6)}\n`);
    const { AUTH_SECRET: _, ...rest } = IDENTITY;
    const environment = { ...rest, AUTH_SECRET_FILE };
    const words = `token --sub 1 --scope ${service}:read --expires 90s`;
    const { exitCode, stdout, stderr } = await run(service, words, environment);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const running = await startService(
      service,
      { ...environment, HOST: "127.0.0.1", DATABASE_URL: "sqlite://:memory:", LOG_LEVEL: "debug" },
      [paths[service]],
    );
    const headers = { authorization: `Bearer ${stdout.trim()}` };
    expect((await fetch(`${running.url}/${service}/1`, { headers })).status).toBe(404);
    expect((await fetch(`${running.url}/${service}/1`)).status).toBe(401);
    await running.stop();
    expect(running.log()).not.toContain(IDENTITY.AUTH_SECRET);
    expect(running.log()).toContain('"AUTH_SECRET":"***"');
  });

  test("prints one line with the remedy if the port is in use, and exits with 1", async () => {
    using taken = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const file = `taken-${service}.db`;
    const environment = { PORT: String(taken.port), DATABASE_URL: `sqlite://${file}` };
    const { exitCode, stderr } = await run(service, "serve", environment);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      oneLine(service, `Port ${taken.port} on 127.0.0.1 is in use. Stop the process`),
    );
    // The database was not touched: it may belong to the process on this port.
    expect(readdirSync(folder.path)).not.toContain(file);
  });

  test("prints one line with the remedy if the folder cannot be created, and exits with 1", async () => {
    // A file in place of the folder stops even root.
    await Bun.write(join(folder.path, "file"), "");
    const environment = { DATABASE_URL: `sqlite://${folder.path}/file/${service}.db`, PORT: "0" };
    const { exitCode, stderr } = await run(service, "serve", environment);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(oneLine(service, `Cannot use the database ${folder.path}/file`));
    expect(stderr).toContain("Set DATABASE_URL");
  });

  test.each(NAMES.filter((name) => name !== service))(
    "rejects the database of %s with one line",
    async (other) => {
      const environment = { DATABASE_URL: `sqlite://${folder.path}/of-${other}.db` };
      expect(await run(other, "migrate", environment)).toMatchObject({ exitCode: 0 });
      const { exitCode, stderr } = await run(service, "migrate", environment);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(oneLine(service, "The database is another program's"));
    },
  );

  test("exits with 0 if the reader of its output closes the pipe", async () => {
    const shell = `"${paths[service]}" openapi | head -c 1`;
    const { exitCode, stderr } = await command(["/bin/bash", "-o", "pipefail", "-c", shell], {
      environment: { PATH: process.env["PATH"] ?? "" },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });

  test.each([
    ["plain on a pipe", { isTerminal: false, variables: {} }],
    ["coloured on a terminal", { isTerminal: true, variables: {} }],
    ["coloured on a pipe with FORCE_COLOR", { isTerminal: false, variables: { FORCE_COLOR: "1" } }],
    ["plain on a terminal with NO_COLOR", { isTerminal: true, variables: { NO_COLOR: "1" } }],
  ])("writes a pretty log that is %s", async (how, { isTerminal, variables }) => {
    const environment = { ...variables, PORT: "0", DATABASE_URL: MEMORY, LOG_FORMAT: "pretty" };
    const log = await logOf(paths[service], environment, isTerminal);
    expect(log.includes("\x1b[32minfo \x1b[0m")).toBe(how.startsWith("coloured"));
    expect(Bun.stripANSI(log)).toMatch(/ info  \w+ +listening url=/);
  });

  test("logs its configuration without passwords", async () => {
    const environment = {
      DATABASE_URL: "postgres://someone:s3cret@127.0.0.1:1/x",
      LOG_LEVEL: "debug",
      PORT: "0",
    };
    const { exitCode, stderr } = await run(service, "serve", environment);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('"message":"configuration"');
    expect(stderr).not.toContain("s3cret");
  });
});

/** The number of committed rows; 0 before there is a table. */
function rowsIn(file: string, table: string): number {
  if (!existsSync(file)) return 0;
  try {
    using database = new Database(file, { readonly: true });
    const row = database.query<{ count: number }, []>(`SELECT count(*) count FROM ${table}`).get();
    return row?.count ?? 0;
  } catch {
    return 0;
  }
}

/** The log of a service until it listens. */
async function logOf(path: string, env: Record<string, string>, isTerminal: boolean) {
  let log = "";
  const listening = Promise.withResolvers<void>();
  const read = (bytes: Uint8Array) => {
    log += Buffer.from(bytes).toString();
    if (listeningUrl(log)) listening.resolve();
  };
  const terminal = { data: (_terminal: unknown, bytes: Uint8Array) => read(bytes) };
  const child = isTerminal
    ? Bun.spawn([path], { env, terminal })
    : Bun.spawn([path], { env, stderr: "pipe" });
  if (child.stderr)
    for await (const bytes of child.stderr) {
      read(bytes);
      if (listeningUrl(log)) break;
    }
  void child.exited.then(() => listening.reject(new Error(`It did not listen:\n${log}`)));
  await listening.promise;
  child.kill("SIGTERM");
  await child.exited;
  return log;
}

/** Matches a single line with the executable's name and a message that starts with `start`. */
function oneLine(service: string, start: string): RegExp {
  return new RegExp(`^${service}: ${RegExp.escape(start)}[^\\n]*\\n$`);
}
