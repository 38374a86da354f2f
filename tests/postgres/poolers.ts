/** `bun run postgres`: the services behind a pooler. */
import { afterAll, beforeAll, expect, test } from "bun:test";

import { openPostgres } from "../../platform/database/postgres.ts";
import { json } from "../support/ask.ts";
import { ALL, bodyOf, CHANGE, FIRST, listWith } from "../support/first.ts";
import { createDatabase, type PostgresServer } from "../support/postgres.ts";
import { startService } from "../support/processes.ts";
import { MANAGES_PREPARED, startDebian, trials } from "./support/debian.ts";
import { startName } from "./support/name.ts";
import { add, COUNTERS, countOf, errorOf, insert, opened, preparedBy } from "./support/opened.ts";
import { startPgBouncer } from "./support/pgbouncer.ts";

const OUR_SETTINGS = "statement_timeout, idle_in_transaction_session_timeout, plan_cache_mode";

/** PgBouncer as it comes, and as those set it up who know which settings we send. */
const POOLERS = [
  ["as it comes", {}],
  ["that drops our settings", { ignore_startup_parameters: OUR_SETTINGS }],
  [
    "that drops all that we send",
    { ignore_startup_parameters: `${OUR_SETTINGS}, edge_services.mark` },
  ],
] as const;

trials("Behind PgBouncer", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startDebian();
  });
  afterAll(() => server.stop());

  test.each(POOLERS)(
    "in transaction mode, %s, two replicas on three connections respond rightly",
    async (_name, settings) => {
      const pooler = await startPgBouncer(server, { mode: "transaction", settings });
      await using fresh = await createDatabase(server);
      const environment = { DATABASE_URL: pooler.through(fresh.url), LOG_REQUESTS: "off" };
      const replicas = await Promise.all([1, 2].map(() => startService(FIRST, environment)));
      const [one, other] = replicas.map(({ url }) => url);
      const created = await Promise.all(
        Array.from({ length: 60 }, async (_, number) => {
          const url = `${number % 2 ? one : other}${ALL}`;
          const response = await fetch(url, json("POST", bodyOf(number)));
          return ((await response.json()) as { id: string }).id;
        }),
      );
      const wrong: string[] = [];
      let responses = 0;
      async function check(id: string, url: string | undefined) {
        const one = `${url}${ALL}/${id}`;
        for (let round = 0; round < 10; round += 1) {
          const found = await fetch(one);
          const text = await found.text();
          if (!text.includes(id)) wrong.push(`${found.status} ${text}`);
          const listed = await fetch(`${url}${listWith("limit=1")}`);
          const list = await listed.text();
          if (!/^\[\{[^{]*\}\]$/.test(list)) wrong.push(`${listed.status} ${list}`);
          const patched = await fetch(one, json("PATCH", CHANGE));
          const change = await patched.text();
          // Another client may have made the change that this one asks for.
          if (
            patched.status === 200 ? !change.includes(id) : ![409, 412].includes(patched.status)
          ) {
            wrong.push(`${patched.status} ${change}`);
          }
          responses += 3;
        }
      }
      await Promise.all(created.flatMap((id) => [check(id, one), check(id, other)]));
      const lines = replicas.map((replica) => replica.log()).join("");
      for (const replica of replicas) expect(await replica.stop()).toBe(0);
      await pooler.stop();
      console.log(`${responses} responses, ${wrong.length} wrong`);
      expect(wrong).toEqual([]);
      expect(responses).toBe(3_600);
      expect(lines).toContain("ALTER ROLE");
    },
  );

  test("in statement mode, opening fails with a line that says what to change", async () => {
    const pooler = await startPgBouncer(server, { mode: "statement" });
    const error = await errorOf(openPostgres(pooler.through(server.url)));
    expect(error.message).toBe(
      `Cannot use the database postgres at 127.0.0.1:${pooler.port}: PgBouncer is in statement ` +
        "mode, without transactions. Set its pool_mode to transaction or session",
    );
    await pooler.stop();
  });

  test.each([
    ["transaction", "", MANAGES_PREPARED],
    ["transaction", "?prepare=on", MANAGES_PREPARED],
    ["transaction", "?prepare=off", false],
    ["session", "", false],
    ["session", "?prepare=on", true],
    ["session", "?prepare=off", false],
  ] as const)("in %s mode%s, statements are prepared: %#", async (mode, parameters, prepared) => {
    const pooler = await startPgBouncer(server, { mode, connections: 20 });
    {
      await using open = await opened(`${pooler.through(server.url)}${parameters}`);
      expect(Boolean(await preparedBy(open.database))).toBe(prepared);
      const isRefused = parameters === "?prepare=on" && !prepared;
      expect(open.lines.some((line) => line.startsWith("prepare=on: "))).toBe(isRefused);
    }
    await pooler.stop();
  });

  test("a write that waited too long for a row is not committed afterwards", async () => {
    const pooler = await startPgBouncer(server, { mode: "transaction" });
    await using fresh = await createDatabase(server);
    await using direct = await opened(fresh.url);
    await direct.database.migrate([COUNTERS]);
    await direct.database.write([insert("a")]);
    const limits = "?connect_timeout_ms=5000&statement_timeout_ms=300";
    await using open = await opened(`${pooler.through(fresh.url)}${limits}`);
    await using locker = new Bun.SQL(fresh.url, { max: 1 });
    await locker.begin(async (transaction) => {
      await transaction`UPDATE counters SET count = 10 WHERE id = 'a'`;
      for (const unit of [[add("a")], [insert("b"), add("a")]]) {
        expect(await errorOf(open.database.write(unit))).toMatchObject({
          name: "DatabaseUnavailable",
          cause: { errno: "57014" },
        });
      }
    });
    await open.database.write([insert("c")]);
    expect(await countOf(direct.database, "a")).toBe(10);
    expect(await countOf(direct.database, "b")).toBeUndefined();
    await pooler.stop();
  });

  test("a write that waited too long for the pooler is not committed afterwards", async () => {
    const pooler = await startPgBouncer(server, { mode: "transaction", connections: 1 });
    await using fresh = await createDatabase(server);
    await using direct = await opened(fresh.url);
    await direct.database.migrate([COUNTERS]);
    const limits = "?connect_timeout_ms=2000&statement_timeout_ms=100";
    await using open = await opened(`${pooler.through(fresh.url)}${limits}`);
    await using holder = new Bun.SQL(pooler.through(fresh.url), { max: 1, prepare: false });
    await holder.begin(async (transaction) => {
      await transaction`SELECT 1`;
      const units = [[insert("a")], [insert("b"), add("b")]];
      const errors = await Promise.all(units.map((unit) => errorOf(open.database.write(unit))));
      for (const error of errors) expect(error.name).toBe("DatabaseUnavailable");
    });
    while ((await errorOf(open.database.write([insert("c")]))).name === "DatabaseUnavailable");
    expect(await direct.database.read("SELECT id FROM counters", [])).toEqual([{ id: "c" }]);
    await pooler.stop();
  });

  test("a read that takes too long is cancelled on the server", async () => {
    const pooler = await startPgBouncer(server, { mode: "transaction" });
    const limits = "?connect_timeout_ms=2000&statement_timeout_ms=100";
    await using open = await opened(`${pooler.through(server.url)}${limits}`);
    const slow = open.database.read("SELECT pg_sleep(60)::text AS slept_long", []);
    expect(await errorOf(slow)).toMatchObject({ name: "DatabaseUnavailable" });
    await using administrator = new Bun.SQL(server.url, { max: 1 });
    const active = await administrator`
      SELECT pid FROM pg_stat_activity
      WHERE query LIKE '%slept_long%' AND state = 'active' AND pid <> pg_backend_pid()`;
    expect([...active]).toEqual([]);
    await pooler.stop();
  });

  test("limits that ALTER ROLE sets are found, and nothing is said", async () => {
    await using fresh = await createDatabase(server);
    const { username } = new URL(fresh.url);
    {
      await using open = await openedBehind(fresh.url);
      expect(open.lines.join("\n")).toContain(
        `ALTER ROLE ${username} SET statement_timeout = 5000`,
      );
    }
    await using administrator = new Bun.SQL(server.url, { max: 1 });
    await administrator.unsafe(`ALTER ROLE ${username} SET statement_timeout = '5s'`);
    await using open = await openedBehind(fresh.url);
    expect(open.lines).toEqual([]);
    const text = "SELECT current_setting('statement_timeout') AS limit";
    expect(await open.database.read(text, [])).toEqual([{ limit: "5s" }]);
  });

  test("options that it drops are an error, unless the role has them", async () => {
    await using fresh = await createDatabase(server);
    const { username } = new URL(fresh.url);
    const url = `${fresh.url}?options=-c%20search_path%3Dpublic`;
    expect((await errorOf(openedBehind(url))).message).toEndWith(
      `a pooler drops the options: search_path is not set. Use ALTER ROLE ${username} SET search_path`,
    );
    await using administrator = new Bun.SQL(server.url, { max: 1 });
    await administrator.unsafe(`ALTER ROLE ${username} SET search_path = public`);
    await using open = await openedBehind(url);
    expect(await open.database.read("SELECT current_schema AS schema", [])).toEqual([
      { schema: "public" },
    ]);
  });

  /** Opens a database behind a PgBouncer of its own, whose connections to the server are new. */
  async function openedBehind(url: string) {
    const settings = { ignore_startup_parameters: "options" };
    const pooler = await startPgBouncer(server, { mode: "transaction", settings });
    try {
      const open = await opened(pooler.through(url));
      return {
        ...open,
        async [Symbol.asyncDispose]() {
          await open.database.close();
          await pooler.stop();
        },
      };
    } catch (error) {
      await pooler.stop();
      throw error;
    }
  }

  test.each(POOLERS)(
    "that is put in between while serving, %s, nothing goes wrong",
    async (_name, settings) => {
      const pooler = await startPgBouncer(server, { mode: "transaction", settings });
      const name = await startName(server.port);
      await using fresh = await createDatabase(server);
      const url = name.through(fresh.url);
      await using one = await opened(url);
      expect(await preparedBy(one.database)).toBe(1);
      await one.database.migrate([COUNTERS]);
      await one.database.write(Array.from({ length: 20 }, (_, id) => insert(`${id}`)));
      name.lead(pooler.port);
      // Readiness is checked all the time.
      while ((await errorOf(one.database.ping())).name === "DatabaseUnavailable");
      for (let round = 0; round < 10; round += 1) {
        await Promise.all(
          Array.from({ length: 20 }, (_, id) => one.database.write([add(`${id}`), add(`${id}`)])),
        );
      }
      const rows = await one.database.read("SELECT DISTINCT count FROM counters", []);
      expect(rows).toEqual([{ count: 20 }]);
      expect(Boolean(await preparedBy(one.database))).toBe(MANAGES_PREPARED);
      name.stop();
      await pooler.stop();
    },
  );
});
