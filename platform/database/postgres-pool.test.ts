import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { ENGINE_TIMEOUT_MS } from "../../tests/support/engines.ts";
import { createDatabase } from "../../tests/support/postgres.ts";
import { openPostgres, type PostgresOptions } from "./postgres.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const GREETING = "SELECT CAST($1 AS TEXT) AS greeting";
const PREPARED = "SELECT count(*) AS count FROM pg_prepared_statements";

async function openFresh(parameters = "", options: PostgresOptions = {}) {
  const fresh = await createDatabase();
  const database = await openPostgres(`${fresh.url}${parameters}`, options);
  return {
    url: fresh.url,
    database,
    greet: async () => (await database.read(GREETING, ["hello"]))[0]?.["greeting"],
    prepared: async () => (await database.read(PREPARED, []))[0]?.["count"],
    async [Symbol.asyncDispose]() {
      await database.close();
      await fresh[Symbol.asyncDispose]();
    },
  };
}

describe.concurrent("Statements", () => {
  test.each([
    ["", 1],
    ["&prepare=on", 1],
    ["&prepare=off", 0],
  ])("are prepared as the URL says: %s", async (parameters, count) => {
    await using open = await openFresh(`?pool_max=2${parameters}`);
    await Promise.all([open.greet(), open.greet()]);
    expect(await open.prepared()).toBe(count);
  });

  // What a pooler does that starts to share connections.
  test("that the server has forgotten are repeated, unprepared from then on", async () => {
    await using open = await openFresh("?pool_max=2");
    await Promise.all([open.greet(), open.greet()]);
    const forget = { text: "DEALLOCATE ALL", values: [] };
    await Promise.all([1, 2, 3, 4].map(() => open.database.write([forget])));
    expect(await Promise.all([1, 2, 3, 4].map(() => open.greet()))).toEqual(
      Array.from({ length: 4 }, () => "hello"),
    );
    expect(await open.prepared()).toBe(0);
  });

  test("of a unit that the server has forgotten are repeated once as a whole", async () => {
    await using open = await openFresh("?pool_max=2");
    const { database } = open;
    const sql = "CREATE TABLE numbers (number BIGINT)";
    await database.migrate([{ version: 1, name: "numbers", sql }]);
    const insert = { text: "INSERT INTO numbers (number) VALUES ($1)", values: [1] };
    const change = { text: "UPDATE numbers SET number = number + $1", values: [1] };
    await Promise.all([1, 2].map(() => database.write([change, change])));
    const forget = { text: "DEALLOCATE ALL", values: [] };
    await Promise.all([1, 2, 3, 4].map(() => database.write([forget])));
    await database.write([insert, change]);
    expect(await database.read("SELECT number FROM numbers", [])).toEqual([{ number: 2 }]);
  });
});

test("A file that is read for each new connection may have a new password", async () => {
  const fresh = await createDatabase();
  let current = fresh.url;
  const lines: string[] = [];
  const database = await openPostgres(`${fresh.url}?pool_max=1`, {
    reread: () => `${current}?pool_max=1`,
    warn: (line) => lines.push(line),
  });
  const url = new URL(fresh.url);
  url.password = "another";
  await database.write([{ text: `ALTER ROLE ${url.username} PASSWORD 'another'`, values: [] }]);
  const end = database.read("SELECT pg_terminate_backend(pg_backend_pid())", []);
  await expect(end).rejects.toMatchObject({ name: "DatabaseUnavailable" });
  await expect(database.read("SELECT 1 AS one", [])).rejects.toMatchObject({
    name: "DatabaseUnavailable",
  });
  current = url.href;
  expect(await database.read("SELECT 1 AS one", [])).toEqual([{ one: 1 }]);
  expect(lines).toEqual([]);
  await database.close();
  await fresh[Symbol.asyncDispose]();
});
