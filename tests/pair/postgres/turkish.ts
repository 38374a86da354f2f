/** `bun run postgres`: emails in a database whose lower() does not fold I to i. */
import { expect, test } from "bun:test";

import { UniqueViolation } from "../../../platform/database/database.ts";
import { openPostgres } from "../../../platform/database/postgres.ts";
import { migrations } from "../../../users/migrations.ts";
import { startDebian, trials } from "../../postgres/support/debian.ts";
import { openService } from "../../support/apps.ts";
import { json } from "../../support/ask.ts";
import { type PostgresServer } from "../../support/postgres.ts";

/** Creates a database in a Turkish locale. Returns its URL. */
async function createTurkish(server: PostgresServer, name: string): Promise<string> {
  await using administrator = new Bun.SQL(server.url, { max: 1 });
  await administrator.unsafe(
    `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' ` +
      "LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'",
  );
  const url = new URL(server.url);
  url.pathname = name;
  return url.href;
}
/** What the first version of the service inserts. */
const insert = (id: string, email: string) => ({
  text: `
    INSERT INTO users (id, name, email, version, created_at, updated_at)
    VALUES ($1, 'Info', $2, 1, 1, 1)`,
  values: [id, email],
});
const before = migrations.filter(({ name }) => name !== "folded_emails");

trials("A Postgres in a Turkish locale", () => {
  test("has one user for an email, whichever version of the service adds it", async () => {
    const server = await startDebian();
    const url = await createTurkish(server, "turkish");
    const database = await openPostgres(url);
    await database.migrate(before);
    await database.write([insert("7", "INFO@x.com")]);
    const [row] = await database.read("SELECT lower('INFO@x.com') AS lowered", []);
    expect(row).toEqual({ lowered: "ınfo@x.com" });

    const users = await openService("users", { databaseUrl: url });
    const ask = (path: string, init?: RequestInit) =>
      users.handle(new Request(`http://users${path}`, init));
    for (const email of ["INFO@x.com", "info@x.com", "Info@X.COM"]) {
      const found = await ask(`/users?email=${encodeURIComponent(email)}`);
      expect(await found.json()).toMatchObject([{ id: "7" }]);
      const created = await ask("/users", json("POST", { name: "Other", email }));
      expect(created.status).toBe(409);
      expect(await created.json()).toMatchObject({ code: "email_taken" });
    }
    const added = database.write([insert("8", "info@x.com")]);
    expect(await added.catch((error) => error)).toBeInstanceOf(UniqueViolation);
    await users.close();
    await database.close();
    await server.stop();
  });

  test("is not migrated if it has two users with an email, until one is changed", async () => {
    const server = await startDebian();
    const database = await openPostgres(await createTurkish(server, "turkish"));
    await database.migrate(before);
    await database.write([insert("7", "INFO@x.com"), insert("8", "info@x.com")]);
    const error = await database.migrate(migrations).catch((cause) => cause);
    expect(error.message).toContain(
      "Cannot apply migration 4 folded_emails in the database turkish",
    );
    expect(error.message).toContain('could not create unique index "users_by_folded_email"');
    // The query of docs/postgres.md.
    const text = `
      SELECT lower(email COLLATE "C") AS email, string_agg(id, ', ' ORDER BY id) AS ids FROM users
      GROUP BY 1 HAVING count(*) > 1`;
    expect(await database.read(text, [])).toEqual([{ email: "info@x.com", ids: "7, 8" }]);
    await database.write([{ text: "DELETE FROM users WHERE id = $1", values: ["8"] }]);
    expect((await database.migrate(migrations)).map(({ name }) => name)).toContain("folded_emails");
    await database.close();
    await server.stop();
  });
});
