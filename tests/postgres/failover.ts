/** `bun run postgres`: another server becomes the primary. */
import { expect, test } from "bun:test";

import { createDatabase } from "../support/postgres.ts";
import { setSetting, startDebian, startStandby, trials } from "./support/debian.ts";
import { startName } from "./support/name.ts";
import { add, COUNTERS, countOf, errorOf, insert, opened } from "./support/opened.ts";

/** Writers that go on all the time, as callers do. */
const WRITERS = 8;

trials("A failover", () => {
  test.each([
    ["synchronous", true],
    ["asynchronous", false],
  ] as const)("to a standby that is %s: writes go on", async (kind, synchronous) => {
    const primary = await startDebian({ wal_level: "replica" });
    const standby = await startStandby(primary, { synchronous });
    const name = await startName(primary.port);
    const fresh = await createDatabase(primary);
    const limits = "?connect_timeout_ms=1000&statement_timeout_ms=1000";
    await using open = await opened(`${name.through(fresh.url)}${limits}`);
    const { database } = open;
    await database.migrate([COUNTERS]);

    const confirmed: string[] = [];
    const done = new AbortController();
    async function write(writer: number) {
      for (let number = 0; !done.signal.aborted; number += 1) {
        const id = `${writer}-${number}`;
        const error = await errorOf(database.write([insert(id), add(id)]));
        if (error.message === "It did not fail") confirmed.push(id);
        else expect(error).toMatchObject({ name: "DatabaseUnavailable" });
      }
    }
    const writers = Array.from({ length: WRITERS }, (_, writer) => write(writer));
    while (confirmed.length < 500) await Bun.sleep(5);
    await primary.kill();
    const killedAt = performance.now();
    await standby.promote();
    if (synchronous) await setSetting(standby, "synchronous_standby_names", "");
    const promotedAt = performance.now();
    name.lead(standby.port);
    const before = confirmed.length;
    while (confirmed.length === before) await Bun.sleep(5);
    const againAt = performance.now();
    while (confirmed.length < before + 500) await Bun.sleep(5);
    done.abort();
    await Promise.all(writers);

    const rows = await database.read<{ id: string }>("SELECT id FROM counters", []);
    const found = new Set(rows.map(({ id }) => id));
    const lost = confirmed.filter((id) => !found.has(id));
    console.log(
      `${kind}: ${lost.length} of ${confirmed.length} confirmed writes lost; writes succeed ` +
        `${seconds(promotedAt, againAt)} s after the name leads to the new primary, ` +
        `${seconds(killedAt, againAt)} s after the old one ended`,
    );
    if (synchronous) expect(lost).toEqual([]);
    await database.ping();
    name.stop();
    await standby.stop();
  });

  test("to a server behind the same name, while the old one only reads, is noticed", async () => {
    const primary = await startDebian();
    const standby = await startStandby(primary, { synchronous: true });
    const name = await startName(primary.port);
    const fresh = await createDatabase(primary);
    await using open = await opened(name.through(fresh.url));
    const { database } = open;
    await database.migrate([COUNTERS]);
    await database.write([insert("a")]);
    await setSetting(primary, "default_transaction_read_only", "on");
    // As behind a DNS name: connections that exist stay with the old server.
    name.lead(standby.port, { cut: false });
    await standby.promote();
    await setSetting(standby, "synchronous_standby_names", "");
    while ((await errorOf(database.write([add("a"), add("a")]))).name === "DatabaseUnavailable");
    expect(await countOf(database, "a")).toBe(2);
    await database.ping();
    {
      await using old = new Bun.SQL(primary.url, { max: 1 });
      const { username } = new URL(fresh.url);
      const left = () => old`SELECT pid FROM pg_stat_activity WHERE usename = ${username}`;
      while ((await left()).length > 0) await Bun.sleep(5);
      await old`SET default_transaction_read_only = off`;
    }
    await setSetting(primary, "synchronous_standby_names", "");
    name.stop();
    await standby.stop();
    await primary.stop();
  });

  test("is noticed by the ping of a service that only reads", async () => {
    const primary = await startDebian();
    const standby = await startStandby(primary);
    const name = await startName(standby.port);
    await using open = await opened(name.through(primary.url));
    expect(await errorOf(open.database.ping())).toMatchObject({
      name: "DatabaseUnavailable",
      message: "The database is not available at the moment: The server is read-only",
    });
    name.lead(primary.port, { cut: false });
    while ((await errorOf(open.database.ping())).name === "DatabaseUnavailable");
    const text = "SELECT pg_is_in_recovery()::text AS standby";
    expect(await open.database.read(text, [])).toEqual([{ standby: "false" }]);
    name.stop();
    await standby.stop();
    await primary.stop();
  });

  test("target_session_attrs=read-write refuses a standby at the start", async () => {
    const primary = await startDebian();
    const standby = await startStandby(primary);
    const error = await errorOf(opened(`${standby.url}?target_session_attrs=read-write`));
    expect(error.message).toEndWith(
      "the server is read-only, and target_session_attrs is read-write",
    );
    {
      await using open = await opened(`${primary.url}?target_session_attrs=read-write`);
      await open.database.ping();
    }
    await standby.stop();
    await primary.stop();
  });

  test("that is waited for, as a synchronous standby is away, leaves no connections behind", async () => {
    const primary = await startDebian();
    const standby = await startStandby(primary, { synchronous: true });
    await using administrator = new Bun.SQL(primary.url, { max: 1 });
    const fresh = await createDatabase(primary);
    const { username } = new URL(fresh.url);
    await using open = await opened(
      `${fresh.url}?pool_max=4&connect_timeout_ms=300&statement_timeout_ms=300`,
    );
    await open.database.migrate([COUNTERS]);
    await standby.stop();
    let most = 0;
    const units = Array.from({ length: 12 }, (_, number) => [insert(`${number}`), add("x")]);
    for (let round = 0; round < 4; round += 1) {
      const errors = await Promise.all(units.map((unit) => errorOf(open.database.write(unit))));
      for (const error of errors) expect(error.message).not.toBe("It did not fail");
      const rows =
        await administrator`SELECT pid FROM pg_stat_activity WHERE usename = ${username}`;
      most = Math.max(most, rows.length);
    }
    console.log(`at most ${most} connections with pool_max=4`);
    expect(most).toBeLessThanOrEqual(8);
    const waiting = () =>
      administrator`SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = ${username}`;
    expect([...(await waiting())]).toEqual([]);
    await administrator`ALTER SYSTEM SET synchronous_standby_names = ''`;
    await administrator`SELECT pg_reload_conf()`;
    while ((await errorOf(open.database.write([insert("z")]))).name === "DatabaseUnavailable");
    await primary.stop();
  });
});

const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(2);
