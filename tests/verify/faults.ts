/**
 * Faults that an operator meets: a clear line at the start, the right status later, and no loss.
 */
import { Database as Sqlite } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { openDatabase } from "../../platform/database/open-database.ts";
import { serveCalleesOf } from "../support/apps.ts";
import { json, problemIn } from "../support/ask.ts";
import { atMost } from "../support/at-most.ts";
import { freshDatabase } from "../support/engines.ts";
import { command } from "../support/executables.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { createDatabase, type PostgresServer, startPostgres } from "../support/postgres.ts";
import { type Running, startService } from "../support/processes.ts";
import {
  creationOf,
  newBody,
  queriesOf,
  resourcesOf,
  routeOf,
  type Shown,
} from "../support/resources.ts";
import { definitionOf, forEach } from "../support/services.ts";

setDefaultTimeout(60_000);

// Each test has its own process and database; Postgres is killed only when no other test uses it.
const inTurn = atMost(4);

async function expectUnavailable(answer: Response): Promise<void> {
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("1");
  expect(await problemIn(answer)).toMatchObject({ code: "database_unavailable" });
}

const ready = async ({ url }: Running) => (await fetch(`${url}/health/ready`)).status;

const definitions = await forEach(definitionOf);

describe.each(await resourcesOf())("Of $service,", (resource) => {
  const { service, table } = resource;
  const MAIN = [process.execPath, join(ROOT, service, "main.ts")];
  /** Limits the size of files, so that the log of SQLite reaches the limit after some creations. */
  const LIMITED = ["sh", "-c", 'ulimit -S -f 1000; exec "$@"', "sh", ...MAIN];
  const { migrations, seedOptions } = definitions[service];
  /** The option of the seed that makes many. */
  const [many = ""] = Object.keys(seedOptions);
  const creation = creationOf(resource).path;
  const listed = routeOf(resource, "GET", false);
  const query = new URLSearchParams(listed && queriesOf(resource, listed, {})[0]);
  query.set("limit", "1");

  let callees: Awaited<ReturnType<typeof serveCalleesOf>>;
  let postgres: PostgresServer;
  beforeAll(async () => {
    [callees, postgres] = await Promise.all([serveCalleesOf(service), startPostgres()]);
  });
  afterAll(() => Promise.all([callees.stop(), postgres.stop()]));

  function start(databaseUrl: string, words: readonly string[] = MAIN): Promise<Running> {
    return startService(service, { DATABASE_URL: databaseUrl, ...callees.environment }, words);
  }

  let number = 0;
  const post = ({ url }: Running) =>
    fetch(`${url}${creation}`, json("POST", newBody(resource, (number += 1), "1")));
  const list = ({ url }: Running) => fetch(`${url}/${table.name}?${query}`);

  /** Starts a service that fails and returns its only line. */
  async function lineOf(databaseUrl: string, words: readonly string[] = MAIN): Promise<string> {
    const environment = { DATABASE_URL: databaseUrl, PORT: "0" };
    const { exitCode, stdout, stderr } = await command(words, { environment });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^${service}: [^\\n]*\\n$`));
    return stderr;
  }

  describe.concurrent("at the start, one line names the fault and the remedy", () => {
    test("when the file is not a database", () =>
      inTurn(async () => {
        using folder = temporaryFolder();
        const path = join(folder.path, "some.db");
        writeFileSync(path, "This is a letter and not a database. ".repeat(500));
        expect(await lineOf(`sqlite://${path}`)).toBe(
          `${service}: Cannot use the database ${path}: file is not a database. ` +
            "Put a backup in its place, or set DATABASE_URL to another file\n",
        );
      }));

    test("when a page of the database is damaged", () =>
      inTurn(async () => {
        await using fresh = await freshDatabase("sqlite", migrations);
        await fresh.database.close();
        const path = fresh.url.slice("sqlite://".length);
        const bytes = Buffer.from(await Bun.file(path).bytes());
        bytes.fill(0xff, 100, 4096);
        writeFileSync(path, bytes);
        expect(await lineOf(fresh.url)).toMatch(/malformed\. Put a backup in its place/);
      }));

    test("when the folder cannot be created", () =>
      inTurn(async () => {
        using folder = temporaryFolder();
        const file = join(folder.path, "file");
        writeFileSync(file, "");
        const line = await lineOf(`sqlite://${file}/data/some.db`);
        expect(line).toContain("Set DATABASE_URL to a file that can be written");
      }));

    test("when the file is read-only", () =>
      inTurn(async () => {
        await using fresh = await freshDatabase("sqlite", migrations.slice(0, 1));
        await fresh.database.close();
        const path = fresh.url.slice("sqlite://".length);
        chmodSync(path, 0o444);
        chmodSync(join(path, ".."), 0o555);
        // Root can write anyway, unless it drops this capability.
        const asAnyone = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", ...MAIN];
        const line = await lineOf(fresh.url, process.getuid?.() === 0 ? asAnyone : MAIN);
        chmodSync(join(path, ".."), 0o755);
        expect(line).toContain("readonly database");
      }));

    test("when the database is newer than the program", () =>
      inTurn(async () => {
        const newer = {
          version: migrations.length + 1,
          name: "tomorrow",
          sql: "CREATE TABLE tomorrow (id TEXT)",
        };
        await using fresh = await freshDatabase("sqlite", [...migrations, newer]);
        expect(await lineOf(fresh.url)).toContain("The database is newer than this program");
      }));

    test("when the password is wrong", () =>
      inTurn(async () => {
        const url = new URL(postgres.url);
        url.password = "not-this";
        const line = await lineOf(url.href);
        expect(line).toContain("password authentication failed");
        expect(line).not.toContain("not-this");
      }));

    test("when the disk is too small for the seed data", () =>
      inTurn(async () => {
        using folder = temporaryFolder();
        const words = [...LIMITED, "seed", `--${many}`, "100000"];
        const line = await lineOf(`sqlite://${join(folder.path, "some.db")}`, words);
        expect(line).toMatch(
          new RegExp(
            `^${service}: The database is not available at the moment: disk I/O error$`,
            "m",
          ),
        );
      }));

    test("when no server listens", () =>
      inTurn(async () => {
        const line = await lineOf("postgres://someone:secret@127.0.0.1:1/some");
        expect(line).toBe(
          `${service}: Cannot use the database some at 127.0.0.1:1: Failed to connect. ` +
            "Start it, or correct DATABASE_URL\n",
        );
      }));
  });

  describe.concurrent("while it runs, it", () => {
    test("rejects writes while another process holds the lock, and still reads", () =>
      inTurn(async () => {
        using folder = temporaryFolder();
        const path = join(folder.path, "some.db");
        const running = await start(`sqlite://${path}`);
        expect((await post(running)).status).toBe(201);
        const other = new Sqlite(path);
        other.run("BEGIN IMMEDIATE");
        const writing = post(running);
        expect((await list(running)).status).toBe(200);
        await expectUnavailable(await writing);
        other.run("ROLLBACK");
        expect((await post(running)).status).toBe(201);
        expect(other.query(`SELECT count(*) AS count FROM ${table.name}`).get()).toEqual({
          count: 2,
        });
        other.close();
        expect(await running.stop()).toBe(0);
      }));

    test("rejects writes while the disk is full, still reads, and loses nothing acknowledged", () =>
      inTurn(async () => {
        using folder = temporaryFolder();
        const databaseUrl = `sqlite://${join(folder.path, "some.db")}`;
        const running = await start(databaseUrl, LIMITED);
        let acknowledged = 0;
        let refused: Response | undefined;
        while (!refused) {
          const answer = await post(running);
          if (answer.status === 201) acknowledged += 1;
          else refused = answer;
        }
        expect(acknowledged).toBeGreaterThan(0);
        await expectUnavailable(refused);
        await expectUnavailable(await post(running));
        expect((await list(running)).status).toBe(200);
        await becomes(running, 503);

        const { pid } = running.process;
        const { success } = Bun.spawnSync(["prlimit", "--fsize=unlimited", "--pid", String(pid)]);
        expect(success).toBe(true);
        // The service notices by itself within seconds.
        await becomes(running, 200);
        expect((await post(running)).status).toBe(201);
        // Everything acknowledged is in the file after a crash.
        running.process.kill("SIGKILL");
        await running.process.exited;
        const database = await openDatabase(databaseUrl);
        const [stored] = await database.read(`SELECT count(*) AS count FROM ${table.name}`, []);
        const [integrity] = await database.read("PRAGMA integrity_check", []);
        expect({ ...stored, ...integrity }).toEqual({
          count: acknowledged + 1,
          integrity_check: "ok",
        });
        await database.close();
      }));

    test.each([
      ["the database", ["", "-wal", "-shm"]],
      ["only its write-ahead log", ["-wal"]],
      ["only the index of this log", ["-shm"]],
    ])("is not ready, rejects writes and still reads after a person deletes %s", (_what, ends) =>
      inTurn(async () => {
        using folder = temporaryFolder();
        const path = join(folder.path, "some.db");
        const running = await start(`sqlite://${path}`);
        const { id } = (await (await post(running)).json()) as Shown;
        expect(await ready(running)).toBe(200);
        for (const end of ends) unlinkSync(`${path}${end}`);
        await becomes(running, 503);
        for (const refused of await Promise.all([post(running), post(running)])) {
          await expectUnavailable(refused);
        }
        expect((await list(running)).status).toBe(200);
        if (existsSync("/proc/self/fd")) {
          const saved = save(running.process.pid, path, join(folder.path, "saved.db"));
          expect(saved.query(`SELECT id FROM ${table.name}`).all()).toEqual([{ id }]);
          saved.close();
        }
        await running.stop();
        expect(running.log()).toContain(`${path}${ends[0]} was deleted, moved or replaced`);
      }),
    );

    test("rejects writes and is not ready when a page is damaged", () =>
      inTurn(async () => {
        await using fresh = await freshDatabase("sqlite", migrations);
        const text = `SELECT rootpage FROM sqlite_schema WHERE type = 'index' AND tbl_name = '${table.name}'`;
        const indexes = await fresh.database.read(text, []);
        await fresh.database.close();
        const path = fresh.url.slice("sqlite://".length);
        const bytes = Buffer.from(await Bun.file(path).bytes());
        const pageBytes = bytes.readUInt16BE(16);
        for (const { rootpage } of indexes) {
          bytes.fill(0xff, (Number(rootpage) - 1) * pageBytes, Number(rootpage) * pageBytes);
        }
        writeFileSync(path, bytes);
        const running = await start(fresh.url);
        expect(await ready(running)).toBe(200);
        await expectUnavailable(await post(running));
        await becomes(running, 503);
        await running.stop();
      }));

    test("is not ready while Postgres is down, and recovers by itself", () =>
      inTurn(async () => {
        await using fresh = await createDatabase(postgres);
        const running = await start(fresh.url);
        expect((await post(running)).status).toBe(201);
        expect(await ready(running)).toBe(200);
        await postgres.kill();
        await expectUnavailable(await post(running));
        await expectUnavailable(await list(running));
        await becomes(running, 503);
        await postgres.start();
        await becomes(running, 200);
        expect((await post(running)).status).toBe(201);
        expect((await list(running)).headers.get("link")).toContain('rel="next"');
        expect(await running.stop()).toBe(0);
      }));
  });
});

/** The result of a check of readiness is kept for up to a second. */
async function becomes(service: Running, status: number): Promise<void> {
  while ((await ready(service)) !== status) await Bun.sleep(50);
}

/** Copies the deleted files that a process still has open. */
function save(pid: number, path: string, to: string): Sqlite {
  const folder = `/proc/${pid}/fd`;
  for (const name of readdirSync(folder)) {
    const target = readlinkSync(join(folder, name)).replace(" (deleted)", "");
    for (const end of ["", "-wal"]) {
      if (target === `${path}${end}`) copyFileSync(join(folder, name), `${to}${end}`);
    }
  }
  return new Sqlite(to);
}
