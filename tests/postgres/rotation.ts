/** `bun run postgres`: a new password, or a new place, in DATABASE_URL_FILE while a service runs. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { json } from "../support/ask.ts";
import { ALL, bodyOf, FIRST, LIST } from "../support/first.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createDatabase, type PostgresServer } from "../support/postgres.ts";
import { startService } from "../support/processes.ts";
import { startDebian, trials } from "./support/debian.ts";

trials("DATABASE_URL_FILE", () => {
  const folder = temporaryFolder();
  let server: PostgresServer;
  let another: PostgresServer;
  beforeAll(async () => {
    [server, another] = await Promise.all([startDebian(), startDebian()]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), another.stop()]);
    folder[Symbol.dispose]();
  });
  async function start(databaseUrl: string) {
    const path = join(folder.path, Bun.randomUUIDv7());
    writeFileSync(path, `${databaseUrl}\n`);
    const running = await startService(FIRST, { DATABASE_URL_FILE: path });
    const statusOf = async (resource: string) => (await fetch(`${running.url}${resource}`)).status;
    return {
      ...running,
      write: (url: string) => writeFileSync(path, url),
      statusOf,
      async becomes(status: number) {
        while ((await statusOf(LIST)) !== status) await Bun.sleep(5);
      },
    };
  }

  test("is read for each new connection: a new password needs no restart", async () => {
    const fresh = await createDatabase(server);
    const url = new URL(fresh.url);
    const service = await start(url.href);
    expect(await service.statusOf(LIST)).toBe(200);
    await using administrator = new Bun.SQL(server.url, { max: 1 });
    await administrator.unsafe(`ALTER ROLE ${url.username} PASSWORD 'new/p@ss'`);
    // Connections that exist stay.
    expect(await service.statusOf(LIST)).toBe(200);
    await disconnect(server, url.username);
    await service.becomes(503);
    url.password = encodeURIComponent("new/p@ss");
    service.write(url.href);
    await service.becomes(200);
    expect(await service.stop()).toBe(0);
    expect(service.log()).not.toContain("new/p@ss");
  });

  test("that cannot be read leaves the old password in use, with a line", async () => {
    const fresh = await createDatabase(server);
    const service = await start(fresh.url);
    service.write("");
    await disconnect(server, new URL(fresh.url).username);
    await service.becomes(200);
    expect(await service.stop()).toBe(0);
    expect(service.log()).toContain(
      "the file in DATABASE_URL_FILE is empty. The old password stays in use",
    );
  });

  test("that names another server moves the service there", async () => {
    const [from, to] = [await createDatabase(server), await createDatabase(another)];
    // The schema is there, as after a migration or a switch to a replica.
    const migrated = await start(to.url);
    const sent = bodyOf("there");
    const created = await fetch(`${migrated.url}${ALL}`, json("POST", sent));

    const { id } = (await created.json()) as { id: string };
    expect(await migrated.stop()).toBe(0);
    const service = await start(from.url);
    expect(await service.statusOf(`${ALL}/${id}`)).toBe(404);
    service.write(to.url);
    await disconnect(server, new URL(from.url).username);
    while ((await service.statusOf(`${ALL}/${id}`)) !== 200) await Bun.sleep(5);
    expect(await service.stop()).toBe(0);
    expect(service.log()).toContain("database: moved to the database postgres at 127.0.0.1:");
  });
});

async function disconnect(server: PostgresServer, user: string): Promise<void> {
  await using administrator = new Bun.SQL(server.url, { max: 1 });
  await administrator`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${user}`;
}
