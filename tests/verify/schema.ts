/** The services on schemas that are not just theirs: other roles, newer versions. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import type { Migration } from "../../platform/database/database.ts";
import { openDatabase } from "../../platform/database/open-database.ts";
import type { User } from "../../shared/types.ts";
import { migrations } from "../../users/migrations.ts";
import { json } from "../support/ask.ts";
import { ENGINE_TIMEOUT_MS, ENGINES, freshDatabase, freshUrl } from "../support/engines.ts";
import { command } from "../support/executables.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { type Running, startService } from "../support/processes.ts";
import { createRoles } from "../support/roles.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const USERS = [process.execPath, join(ROOT, "users", "main.ts")];
const newest = migrations.length;

const start = (url: string, ...words: string[]) =>
  startService("users", { DATABASE_URL: url }, [...USERS, ...words]);
async function run(url: string, ...words: string[]) {
  using folder = temporaryFolder();
  const environment = { DATABASE_URL: url, PORT: "0" };
  return command([...USERS, ...words], { environment, folder: folder.path });
}
async function migrate(url: string, list: readonly Migration[] = migrations): Promise<void> {
  const database = await openDatabase(url);
  await database.migrate(list);
  await database.close();
}
const readiness = async ({ url }: Running) => (await fetch(`${url}/health/ready`)).status;

/** Creates, reads, changes and deletes a user. */
async function useAll({ url }: Running): Promise<void> {
  const body = { name: "Carol", email: "carol@example.com" };
  const created = await fetch(
    `${url}/users`,
    json("POST", body, { "idempotency-key": '"the key"' }),
  );
  expect(created.status).toBe(201);
  const { id } = (await created.json()) as User;
  const one = `${url}/users/${id}`;
  expect((await fetch(one)).status).toBe(200);
  expect((await fetch(`${url}/users?email=CAROL@example.com`)).status).toBe(200);
  expect((await fetch(one, json("PATCH", { name: "Caroline" }))).status).toBe(200);
  expect((await fetch(one, { method: "DELETE" })).status).toBe(204);
}

describe("A role with SELECT, INSERT, UPDATE, DELETE alone", () => {
  test.each([[[]], [["serve", "--no-migrate"]]])("serves as %p", async (words) => {
    await using roles = await createRoles();
    await migrate(roles.ownerUrl);
    const users = await start(roles.url, ...words);
    expect(await readiness(users)).toBe(200);
    await useAll(users);
    expect(await users.stop()).toBe(0);
    expect(users.log()).not.toMatch(/"level":"(?:warn|error)"/);
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
    expect(seeded).toEqual({
      exitCode: 0,
      stdout,
      stderr: "seeded Alice (user 1) and Bob (user 2)\n",
    });
  });

  test.each([["serve"], ["migrate"]])("is told by %s who can migrate", async (word) => {
    await using roles = await createRoles();
    const { exitCode, stderr } = await run(roles.url, word);
    expect(exitCode).toBe(1);
    expect(stderr.trim().split("\n").at(-1)).toMatch(
      /^users: Cannot apply migration 1 users in the database .+: permission denied for schema .+\. Run the command migrate with a role that owns the schema; to serve, this role needs no more$/,
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
      /^users: Cannot use the database .+: permission denied for table schema_migrations\. Grant this role what docs\/postgres\.md lists\n$/,
    );
  });
});

describe.each(ENGINES)("serve --no-migrate on %s", (engine) => {
  test("changes nothing and is not ready until someone else has migrated", async () => {
    await using fresh = await (engine === "sqlite" ? alone() : createRoles());
    const users = await start(fresh.url, "serve", "--no-migrate");
    expect(await readiness(users)).toBe(503);
    expect((await fetch(`${users.url}/health/live`)).status).toBe(200);
    const listed = await fetch(`${users.url}/users`);
    expect(listed.status).toBe(503);
    expect(await listed.json()).toMatchObject({ code: "database_unavailable" });
    const reason =
      "the schema lacks migration " +
      `${migrations.map(({ version, name }) => `${version} ${name}`).join(", ")}: ` +
      "run the command migrate";
    expect(
      users
        .log()
        .split("\n")
        .filter((line) => line.includes('"not ready"')),
    ).toHaveLength(1);
    expect(users.log()).toContain(reason);

    await migrate(fresh.ownerUrl);
    // Until then, the list is tested again every two seconds.
    while ((await readiness(users)) !== 200) await Bun.sleep(50);
    await useAll(users);
    expect(await users.stop()).toBe(0);
    expect(users.log()).toContain("the schema is complete");
    expect(users.log()).not.toContain("applied migration");
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
    sql: "ALTER TABLE users ADD COLUMN nickname TEXT",
    admitsFrom: 1,
  };
  const later: Migration = {
    version: newest + 2,
    name: "names",
    sql: "ALTER TABLE users RENAME COLUMN name TO full_name",
    admitsFrom: newest + 1,
  };

  test.each(["serve", "serve --no-migrate"])(
    "%s works on a schema that admits it",
    async (words) => {
      await using fresh = await freshDatabase(engine, [...migrations, next]);
      const text =
        "INSERT INTO users (id, name, email, version, created_at, updated_at, nickname) " +
        "VALUES ('7', 'Dave', 'dave@example.com', 1, 1, 1, 'D')";
      await fresh.database.write([{ text, values: [] }]);
      const users = await start(fresh.url, ...words.split(" "));
      expect(await readiness(users)).toBe(200);
      await useAll(users);
      const patched = await fetch(`${users.url}/users/7`, json("PATCH", { name: "David" }));
      expect(patched.status).toBe(200);
      expect(await users.stop()).toBe(0);
      expect(users.log()).toContain("the schema is newer than this program, and admits it");
      // What the newer version has written stays.
      const kept = await fresh.database.read("SELECT id, nickname FROM users", []);
      expect(kept).toEqual([{ id: "7", nickname: "D" }]);
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
          `users: The database is newer than this program: it is at migration ${newest + 2}, the ` +
          `program knows ${newest}. Run the version of the program that made it, or a later one\n`,
      });
    },
  );
});
