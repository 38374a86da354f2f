/** `bun run postgres`: how many connections there are, and what operations on them cost. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "../support/folders.ts";
import { createDatabase, type PostgresServer } from "../support/postgres.ts";
import { FIRST } from "../support/services.ts";
import { setSetting, startDebian, trials } from "./support/debian.ts";
import { add, COUNTERS, insert, opened } from "./support/opened.ts";
import { startPgBouncer } from "./support/pgbouncer.ts";

/** proc_pid_stat(5) counts in hundredths of a second. */
const MICROS_PER_TICK = 10_000;
const OPERATIONS = 4_000;
const WARMUP = 1_000;
const AT_ONCE = 16;

trials("Connections", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startDebian({ track_activities: "on" });
  });
  afterAll(() => server.stop());

  test.each([["migrate"], ["seed"]])("are one for `%s`", async (command) => {
    const fresh = await createDatabase(server);
    const { username } = new URL(fresh.url);
    await using administrator = new Bun.SQL(server.url, { max: 1 });
    // With a second one it would fail.
    await administrator.unsafe(`ALTER ROLE ${username} CONNECTION LIMIT 1`);
    const child = Bun.spawn([process.execPath, join(ROOT, FIRST, "main.ts"), command], {
      env: { PATH: process.env["PATH"], DATABASE_URL: fresh.url },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const text = await new Response(child.stderr).text();
    expect([await child.exited, text]).toEqual([0, expect.any(String)]);
  });

  test("cost: what an operation takes, with and without a pooler", async () => {
    await setSetting(server, "synchronous_commit", "off");
    await using fresh = await createDatabase(server);
    const poolers = await Promise.all(
      [3, 8].map((connections) => startPgBouncer(server, { mode: "transaction", connections })),
    );
    {
      await using open = await opened(fresh.url);
      await open.database.migrate([COUNTERS]);
      await open.database.write(Array.from({ length: 100 }, (_, id) => insert(`${id}`)));
    }
    const places = [
      ["direct, prepared", fresh.url, 0],
      ["direct, prepare=off", `${fresh.url}?prepare=off`, 0],
      ...poolers.map((pooler, index) => [
        `PgBouncer, ${[3, 8][index]} connections`,
        pooler.through(fresh.url),
        pooler.pid,
      ]),
    ] as [string, string, number][];
    for (const [name, url, pooler] of places) {
      await using open = await opened(url);
      const read = await costOf(server, pooler, (id) =>
        open.database.read("SELECT count FROM counters WHERE id = $1", [id]),
      );
      const unit = await costOf(server, pooler, (id) => open.database.write([add(id), add(id)]));
      console.log(`${name.padEnd(28)} read ${read}    unit of two ${unit}`);
    }
    await using open = await opened(fresh.url);
    const [row] = await open.database.read("SELECT sum(count) AS count FROM counters", []);
    expect(Number(row?.["count"])).toBe(places.length * 2 * (OPERATIONS + WARMUP));
    for (const pooler of poolers) await pooler.stop();
  });
});

/** Processor time of an operation in microseconds: of this process, of the server, of the pooler. */
async function costOf(
  server: PostgresServer,
  pooler: number,
  operate: (id: string) => unknown,
): Promise<string> {
  const work = async (count: number) => {
    let next = 0;
    const caller = async () => {
      while (next < count) await operate(`${(next += 1) % 100}`);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, caller));
  };
  await work(WARMUP);
  const before = {
    own: process.cpuUsage(),
    server: ticksOfTree(server.pid),
    pooler: ticks(pooler),
  };
  await work(OPERATIONS);
  const own = process.cpuUsage(before.own);
  const micros = (counted: number) => Math.round((counted * MICROS_PER_TICK) / OPERATIONS);
  const client = Math.round((own.user + own.system) / OPERATIONS);
  const parts = [
    `${client} µs here`,
    `${micros(ticksOfTree(server.pid) - before.server)} server`,
    `${micros(ticks(pooler) - before.pooler)} pooler`,
  ];
  return parts.join(" + ");
}

/** User and system time of a process; 0 for none. */
function ticks(pid: number): number {
  if (pid === 0) return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) /, "").split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function ticksOfTree(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").match(/\d+/g) ?? [];
  return children.reduce((sum, child) => sum + ticks(Number(child)), ticks(pid));
}
