/** `bun run postgres`: the servers of the other trials are what they claim to be. */
import { expect, test } from "bun:test";

import { temporaryFolder } from "../support/folders.ts";
import { createCertificates } from "./support/certificates.ts";
import { setSetting, startDebian, startStandby, trials } from "./support/debian.ts";
import { startPgBouncer } from "./support/pgbouncer.ts";

trials("Debian's Postgres", () => {
  test("has TLS with a certificate of its own authority", async () => {
    using folder = temporaryFolder();
    const { authority, key, certificate } = createCertificates(folder.path);
    const files = { "server.key": key, "server.crt": certificate };
    const server = await startDebian({ ssl: "on" }, files);
    const url = new URL(server.url);
    url.hostname = "localhost";
    url.search = `?sslmode=verify-full&sslrootcert=${authority}`;
    {
      await using sql = new Bun.SQL(url.href, { max: 1 });
      expect(await sql`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`).toEqual([
        { ssl: true },
      ]);
    }
    await server.stop();
  });

  test("has a synchronous standby that can be promoted", async () => {
    const primary = await startDebian();
    const standby = await startStandby(primary, { synchronous: true });
    {
      await using sql = new Bun.SQL(primary.url, { max: 1 });
      await sql`CREATE TABLE numbers (number INTEGER)`;
      await sql`INSERT INTO numbers VALUES (1)`;
    }
    await primary.kill();
    await standby.promote();
    {
      await using sql = new Bun.SQL(standby.url, { max: 1 });
      await setSetting(standby, "synchronous_standby_names", "");
      await sql`INSERT INTO numbers VALUES (2)`;
      expect([...(await sql`SELECT number FROM numbers ORDER BY number`)]).toEqual([
        { number: 1 },
        { number: 2 },
      ]);
    }
    await standby.stop();
  });

  test.each(["session", "transaction", "statement"] as const)(
    "is reached through PgBouncer in %s mode",
    async (mode) => {
      const server = await startDebian();
      const pooler = await startPgBouncer(server, { mode });
      {
        await using sql = new Bun.SQL(pooler.through(server.url), { max: 1, prepare: false });
        expect(await sql`SELECT 1 AS one`).toEqual([{ one: 1 }]);
      }
      await pooler.stop();
      await server.stop();
    },
  );
});
