/** The services on schemas that are not just theirs: other roles, newer versions. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import type { Migration } from "../../platform/database/database.ts";
import { openDatabase } from "../../platform/database/open-database.ts";
import { json } from "../support/ask.ts";
import { ENGINE_TIMEOUT_MS, ENGINES, freshDatabase, freshUrl } from "../support/engines.ts";
import { command } from "../support/executables.ts";
import { ALL, bodyOf, CHANGE, FIRST, LIST, METHODS, ONE, TABLE } from "../support/first.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { type Running, startService } from "../support/processes.ts";
import { createRoles } from "../support/roles.ts";
import { definitionOf } from "../support/services.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const PROGRAM = [process.execPath, join(ROOT, FIRST, "main.ts")];
const { migrations } = await definitionOf(FIRST);
const newest = migrations.length;

const start = (url: string, ...words: string[]) =>
  startService(FIRST, { DATABASE_URL: url }, [...PROGRAM, ...words]);
async function run(url: string, ...words: string[]) {
  using folder = temporaryFolder();
  const environment = { DATABASE_URL: url, PORT: "0" };
  return command([...PROGRAM, ...words], { environment, folder: folder.path });
}
async function migrate(url: string, list: readonly Migration[] = migrations): Promise<void> {
  const database = await openDatabase(url);
  await database.migrate(list);
  await database.close();
}
const readiness = async ({ url }: Running) => (await fetch(`${url}/health/ready`)).status;

/** Creates, reads, lists, changes and deletes one, as far as it has routes for it. */
async function useAll({ url }: Running): Promise<void> {
  const keyed = json("POST", bodyOf(1), { "idempotency-key": '"the key"' });
  const created = await fetch(`${url}${ALL}`, keyed);
  expect(created.status).toBe(201);
  const one = `${url}${created.headers.get("location")}`;
  expect((await fetch(one)).status).toBe(200);
  expect((await fetch(`${url}${LIST}`)).status).toBe(200);
  if (METHODS.includes("PATCH")) {
    expect((await fetch(one, json("PATCH", CHANGE))).status).toBe(200);
  }
  if (METHODS.includes("DELETE")) {
    expect((await fetch(one, { method: "DELETE" })).status).toBe(204);
  }
}

describe("A role with SELECT, INSERT, UPDATE, DELETE alone", () => {
  test.each([[[]], [["serve", "--no-migrate"]]])("serves as %p", async (words) => {
    await using roles = await createRoles();
    await migrate(roles.ownerUrl);
    const service = await start(roles.url, ...words);
    expect(await readiness(service)).toBe(200);
    await useAll(service);
    expect(await service.stop()).toBe(0);
    expect(service.log()).not.toMatch(/"level":"(?:warn|error)"/);
    const app = await openDatabase(roles.url);
    const create = app.write([{ text: "CREATE TABLE mine (id TEXT)", values: [] }]);
    await expect(create).rejects.toThrow("permission denied for schema");
    await app.close();
  });

  test("runs migrate and seed if nothing is pending", async () => {
    await using roles = await createRoles();
    await migrate(roles.ownerUrl);
    const stdout = "";
    const migrated = await run(roles.url, "migrate");
    expect(migrated).toEqual({ exitCode: 0, stdout, stderr: "nothing to migrate\n" });
    const seeded = await run(roles.url, "seed");
    expect(seeded).toMatchObject({ exitCode: 0, stdout });
    expect(seeded.stderr).toMatch(/^seeded [^\n]+\n$/);
  });

  test.each([["serve"], ["migrate"]])("is told by %s who can migrate", async (word) => {
    await using roles = await createRoles();
    const { exitCode, stderr } = await run(roles.url, word);
    expect(exitCode).toBe(1);
    expect(stderr.trim().split("\n").at(-1)).toMatch(
      new RegExp(
        `^${FIRST}: Cannot apply migration 1 ${migrations[0]?.name} in the database .+: permission denied for ` +
          "schema .+\\. Run the command migrate with a role that owns the schema; to serve, this role needs no more$",
      ),
    );
  });

  test("is told what it may not read", async () => {
    await using roles = await createRoles();
    await migrate(roles.ownerUrl);
    const owner = await openDatabase(roles.ownerUrl);
    const name = new URL(roles.url).username;
    const text = `REVOKE SELECT ON schema_migrations FROM ${name}`;
    await owner.write([{ text, values: [] }]);
    await owner.close();
    const { exitCode, stderr } = await run(roles.url, "serve");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `^${FIRST}: Cannot use the database .+: permission denied for table schema_migrations\\. ` +
          "Grant this role what docs/postgres\\.md lists\\n$",
      ),
    );
  });
});

describe.each(ENGINES)("serve --no-migrate on %s", (engine) => {
  test("changes nothing and is not ready until someone else has migrated", async () => {
    await using fresh = await (engine === "sqlite" ? alone() : createRoles());
    const service = await start(fresh.url, "serve", "--no-migrate");
    expect(await readiness(service)).toBe(503);
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    const listed = await fetch(`${service.url}${LIST}`);
    expect(listed.status).toBe(503);
    expect(await listed.json()).toMatchObject({ code: "database_unavailable" });
    const reason =
      "the schema lacks migration " +
      `${migrations.map(({ version, name }) => `${version} ${name}`).join(", ")}: ` +
      "run the command migrate";
    expect(
      service
        .log()
        .split("\n")
        .filter((line) => line.includes('"not ready"')),
    ).toHaveLength(1);
    expect(service.log()).toContain(reason);

    await migrate(fresh.ownerUrl);
    // Until then, the list is tested again every two seconds.
    while ((await readiness(service)) !== 200) await Bun.sleep(50);
    await useAll(service);
    expect(await service.stop()).toBe(0);
    expect(service.log()).toContain("the schema is complete");
    expect(service.log()).not.toContain("applied migration");
  });
});

/** On SQLite there are no roles. */
async function alone() {
  const { url, [Symbol.asyncDispose]: remove } = await freshUrl("sqlite");
  return { url, ownerUrl: url, [Symbol.asyncDispose]: remove };
}

describe.each(ENGINES)("After a rollback on %s", (engine) => {
  const next: Migration = {
    version: newest + 1,
    name: "nickname",
    sql: `ALTER TABLE ${TABLE} ADD COLUMN nickname TEXT`,
    admitsFrom: 1,
  };
  const later: Migration = {
    version: newest + 2,
    name: "changes",
    sql: `ALTER TABLE ${TABLE} RENAME COLUMN updated_at TO changed_at`,
    admitsFrom: newest + 1,
  };

  test.each(["serve", "serve --no-migrate"])(
    "%s works on a schema that admits it",
    async (words) => {
      await using fresh = await freshDatabase(engine, [...migrations, next]);
      expect((await run(fresh.url, "seed")).exitCode).toBe(0);
      const text = `UPDATE ${TABLE} SET nickname = 'D' WHERE id = '1'`;
      await fresh.database.write([{ text, values: [] }]);
      const service = await start(fresh.url, ...words.split(" "));
      expect(await readiness(service)).toBe(200);
      await useAll(service);
      const patched = await fetch(`${service.url}${ONE}`, json("PATCH", CHANGE));
      expect(patched.status).toBe(METHODS.includes("PATCH") ? 200 : 405);
      expect(await service.stop()).toBe(0);
      expect(service.log()).toContain("the schema is newer than this program, and admits it");
      // What the newer version has written stays.
      const kept = await fresh.database.read(`SELECT nickname FROM ${TABLE} WHERE id = '1'`, []);
      expect(kept).toEqual([{ nickname: "D" }]);
      const migrated = await run(fresh.url, "migrate");
      expect(migrated).toMatchObject({ exitCode: 0, stderr: "nothing to migrate\n" });
    },
  );

  test.each(["serve", "serve --no-migrate", "migrate", "seed"])(
    "%s refuses a schema that does not admit it, with one line",
    async (words) => {
      await using fresh = await freshDatabase(engine, [...migrations, next, later]);
      const { exitCode, stderr } = await run(fresh.url, ...words.split(" "));
      expect({ exitCode, stderr }).toEqual({
        exitCode: 1,
        stderr:
          `${FIRST}: The database is newer than this program: it is at migration ${newest + 2}, the ` +
          `program knows ${newest}. Run the version of the program that made it, or a later one\n`,
      });
    },
  );
});
