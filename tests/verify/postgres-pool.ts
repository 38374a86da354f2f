import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { DatabaseError, DatabaseUnavailable } from "../../platform/database/database.ts";
import { openPostgres } from "../../platform/database/postgres.ts";
import type { MaybePromise } from "../../platform/process/and-then.ts";
import { ConfigError } from "../../platform/process/config.ts";
import { ENGINE_TIMEOUT_MS } from "../support/engines.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createDatabase, type PostgresServer, startPostgres } from "../support/postgres.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const errorOf = (result: MaybePromise<unknown>): Promise<Error> =>
  Promise.resolve(result).then(
    () => new Error("It did not fail"),
    (error) => error,
  );
const gone = { name: "DatabaseUnavailable" };
const sleep = (seconds: number) => ({ text: "SELECT pg_sleep($1)::text", values: [seconds] });
const COUNTERS = {
  version: 1,
  name: "counters",
  sql: "CREATE TABLE counters (id TEXT NOT NULL PRIMARY KEY, count BIGINT NOT NULL)",
};

const add = (id: string) => ({
  text: "UPDATE counters SET count = count + 1 WHERE id = $1",
  values: [id],
});

// This file has its own server, because it changes its settings and stops it.
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

async function openFresh(parameters = "") {
  const fresh = await createDatabase(server);
  const database = await openPostgres(`${fresh.url}${parameters}`);
  return {
    url: fresh.url,
    database,
    async [Symbol.asyncDispose]() {
      await database.close();
      await fresh[Symbol.asyncDispose]();
    },
  };
}

/** The message of a failed connection: one line, without the password. */
async function lineOf(change: (url: URL) => void) {
  const url = new URL(server.url);
  change(url);
  const error = await errorOf(openPostgres(url.href));
  expect(error).toBeInstanceOf(DatabaseError);
  expect(error.message).not.toContain("\n");
  expect(error.message).not.toContain(decodeURIComponent(url.password));
  expect(error.message).toEndWith(". Start it, or correct DATABASE_URL");
  return error.message;
}

describe("The Postgres URL", () => {
  test.each([
    ["postgres://", "expected postgres://user:password@host:port/name"],
    ["postgres://localhost", "expected postgres://user:password@host:port/name"],
    ["postgres://a:secret@host:99999/name", "expected postgres://user:password@host:port/name"],
    ["postgres://a:%zzsecret@host/name", "expected postgres://user:password@host:port/name"],
    ["postgres://a:secret@host/name?toString=3", 'unknown parameter "toString"'],
    ["postgres://a:secret@host/name?pool=3", 'unknown parameter "pool". Expected pool_max, '],
    ["postgres://a:secret@host/name?pool_max=0", "pool_max: expected a whole number from 1 to "],
    ["postgres://a:secret@host/name?statement_timeout_ms=5s", "statement_timeout_ms: expected a "],
    ["postgres://a:secret@host/name?sslmode=maybe", "sslmode: expected disable, prefer, "],
  ])("is rejected if it is %s", async (url, reason) => {
    const error = await errorOf(openPostgres(url));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toStartWith("DATABASE_URL: ");
    expect(error.message).toContain(reason);
    expect(Bun.inspect(error)).not.toContain("secret@");
  });

  test("sets the number of connections and the statement timeout", async () => {
    await using fresh = await openFresh("?pool_max=3&statement_timeout_ms=1234");
    const { database } = fresh;
    const text = "SELECT current_setting('statement_timeout') AS timeout";
    expect(await database.read(text, [])).toEqual([{ timeout: "1234ms" }]);
    const pids = await Promise.all(
      Array.from({ length: 20 }, () =>
        database.read("SELECT pg_backend_pid() AS pid, pg_sleep(0.01)::text", []),
      ),
    );
    expect(new Set(pids.map(([row]) => row?.["pid"])).size).toBeLessThanOrEqual(3);
  });
});

describe.concurrent("A connection error", () => {
  test("says that the password is wrong", async () => {
    const line = await lineOf((url) => (url.password = "not-this"));
    expect(line).toContain('password authentication failed for user "postgres"');
  });

  test("says that the database does not exist", async () => {
    const line = await lineOf((url) => (url.pathname = "/nowhere"));
    expect(line).toContain("Cannot use the database nowhere at 127.0.0.1:");
    expect(line).toContain('database "nowhere" does not exist');
  });

  test("says that the port refuses connections", async () => {
    expect(await lineOf((url) => (url.port = "1"))).toContain("Failed to connect");
  });

  test("says that the server has no TLS if TLS is required", async () => {
    const line = await lineOf((url) => url.searchParams.set("sslmode", "require"));
    expect(line).toContain("Server does not support SSL");
  });
});

describe.concurrent("The connection pool", () => {
  test("throws a 503 for a statement that takes too long, and stays usable", async () => {
    await using fresh = await openFresh("?statement_timeout_ms=200&pool_max=1");
    const { database } = fresh;
    expect(await errorOf(database.read("SELECT pg_sleep(60)::text", []))).toMatchObject(gone);
    expect(await errorOf(database.write([sleep(0), sleep(60)]))).toMatchObject(gone);
    expect(await database.read("SELECT 1 AS one", [])).toEqual([{ one: 1 }]);
  });

  test("throws a 503 if no connection is free in time", async () => {
    await using fresh = await openFresh("?pool_max=1&connect_timeout_ms=500");
    const { database } = fresh;
    const slow = database.write([sleep(1), sleep(0)]);
    expect(await errorOf(database.write([sleep(0), sleep(0)]))).toMatchObject(gone);
    await slow;
    await database.write([sleep(0), sleep(0)]);
  });

  test("retries a unit after a deadlock, and commits both units", async () => {
    await using fresh = await openFresh("?pool_max=8");
    const { database } = fresh;
    await database.migrate([COUNTERS]);
    const insert = "INSERT INTO counters (id, count) VALUES ('a', 0), ('b', 0)";
    await database.write([{ text: insert, values: [] }]);
    // In opposite order, with a pause in between: the second unit runs into a deadlock.
    const units = [
      [add("a"), sleep(0.05), add("b")],
      [add("b"), sleep(0.05), add("a")],
    ];
    await Promise.all(units.map((unit) => database.write(unit)));
    expect(await database.read("SELECT id, count FROM counters ORDER BY id", [])).toEqual([
      { id: "a", count: 2 },
      { id: "b", count: 2 },
    ]);
  });
});

describe("An unavailable Postgres server", () => {
  test.each(["kill", "stop"] as const)(
    "causes a 503 after a %s until it is available again",
    async (end) => {
      await using fresh = await openFresh();
      const { database } = fresh;
      await database.migrate([COUNTERS]);
      await database.ping();
      const running = errorOf(database.read("SELECT pg_sleep(60)::text", []));
      const writing = errorOf(database.write([sleep(0), sleep(60)]));
      await database.read("SELECT 1 AS one", []);
      await server[end]();
      expect(await running).toMatchObject(gone);
      expect(await writing).toMatchObject(gone);
      expect(await errorOf(database.ping())).toMatchObject(gone);
      expect(await errorOf(database.read("SELECT 1 AS one", []))).toMatchObject(gone);
      const insert = "INSERT INTO counters (id, count) VALUES ($1, 1)";
      const unit = [{ text: insert, values: ["x"] }];
      expect(await errorOf(database.write(unit))).toMatchObject(gone);
      await server.start();
      await database.ping();
      await database.write(unit);
      await database.write([...unit, ...unit].map(({ text }, n) => ({ text, values: [`y${n}`] })));
      const rows = await database.read("SELECT id, count FROM counters ORDER BY id", []);
      expect(rows.map(({ id }) => id)).toEqual(["x", "y0", "y1"]);
    },
  );

  test("causes a 503 after the timeout in the URL if it hangs", async () => {
    await using fresh = await openFresh("?connect_timeout_ms=500&statement_timeout_ms=500");
    const { database } = fresh;
    await database.migrate([COUNTERS]);
    server.pause();
    const unit = [add("a"), add("b")];
    const errors = await Promise.all([
      errorOf(database.ping()),
      errorOf(database.read("SELECT 1 AS one", [])),
      errorOf(database.write(unit)),
      // More units than connections.
      ...Array.from({ length: 20 }, () => errorOf(database.write(unit))),
    ]);
    for (const error of errors) expect(error).toMatchObject(gone);
    server.resume();
    await database.ping();
    expect(await database.write(unit)).toEqual([[], []]);
  });
});

test("Unresponsive connections are closed, and new ones work", async () => {
  await using fresh = await openFresh(
    "?connect_timeout_ms=500&statement_timeout_ms=100&pool_max=2",
  );
  const { database } = fresh;
  const text = "SELECT pg_backend_pid() AS pid, pg_sleep(0.05)::text";
  const rows = await Promise.all([1, 2, 3, 4].map(() => database.read(text, [])));
  const pids = new Set(rows.map(([row]) => Number(row?.["pid"])));
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  expect(await errorOf(database.read("SELECT 1 AS one", []))).toMatchObject(gone);
  expect(await database.read("SELECT 1 AS one", [])).toEqual([{ one: 1 }]);
  expect(await database.write([sleep(0), sleep(0)])).toHaveLength(2);
  await database.ping();
  for (const pid of pids) process.kill(pid, "SIGCONT");
});

describe("TLS", () => {
  // The test creates a certificate with openssl, which Debian, macOS and CI runners have.
  test.skipIf(!Bun.which("openssl"))(
    "is as strict as the URL requires (needs openssl)",
    async () => {
      using folder = temporaryFolder();
      const [key, certificate] = [join(folder.path, "key.pem"), join(folder.path, "cert.pem")];
      const flags =
        "-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost " +
        "-addext subjectAltName=DNS:localhost";
      const command = ["openssl", "req", ...flags.split(" "), "-keyout", key, "-out", certificate];
      const made = Bun.spawnSync(command);
      expect(made.success).toBe(true);
      const secured = await startPostgres(
        { ssl: "on" },
        { files: { "server.key": key, "server.crt": certificate } },
      );
      const url = new URL(secured.url);
      const isSecured = async (hostname: string, parameters: string) => {
        Object.assign(url, { hostname, search: parameters });
        const database = await openPostgres(url.href);
        const text = "SELECT ssl::text AS ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        const [row] = await database.read(text, []);
        await database.close();
        return row?.["ssl"];
      };
      const trusting = `?sslmode=verify-full&sslrootcert=${certificate}`;
      expect(await isSecured("localhost", "?sslmode=disable")).toBe("false");
      expect(await isSecured("localhost", "?sslmode=require")).toBe("true");
      expect(await isSecured("localhost", trusting)).toBe("true");
      await expect(isSecured("127.0.0.1", trusting)).rejects.toThrow("does not match");
      await expect(isSecured("localhost", "?sslmode=verify-full")).rejects.toThrow("self signed");
      await secured.stop();
    },
  );
});

test("A read-only server, for example a standby, is not ready but can be read", async () => {
  await using fresh = await openFresh("?pool_max=1");
  const { database } = fresh;
  await database.migrate([COUNTERS]);
  await database.ping();
  await setReadOnly("on");
  await until(async () => (await errorOf(database.ping())) instanceof DatabaseUnavailable);
  expect(await database.read("SELECT id FROM counters", [])).toEqual([]);
  expect(await errorOf(database.write([add("a")]))).toMatchObject(gone);
  await setReadOnly("off");
  await until(() =>
    database.ping().then(
      () => true,
      () => false,
    ),
  );
  await database.write([add("a")]);
});

async function setReadOnly(state: "on" | "off"): Promise<void> {
  await using administrator = new Bun.SQL(server.url, { max: 1 });
  await administrator.unsafe("SET default_transaction_read_only = off");
  await administrator.unsafe(`ALTER SYSTEM SET default_transaction_read_only = ${state}`);
  await administrator.unsafe("SELECT pg_reload_conf()");
}

/** Polls, because the server's processes apply a setting one after another. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await Bun.sleep(5);
}
