/**
 * Kills the service or the database repeatedly while clients create orders and retry failures.
 * Afterwards, every confirmed order must exist exactly once. `bun run crash` runs it for longer.
 */
import { join } from "node:path";

import { openDatabase } from "../../platform/database/open-database.ts";
import { randomFrom } from "../../platform/database/seed.ts";
import { standardOutput } from "../../platform/process/output.ts";
import { json } from "../support/ask.ts";
import { endOnSignals } from "../support/at-end.ts";
import type { Engine } from "../support/engines.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createDatabase, startPostgres } from "../support/postgres.ts";
import { type Running, startService } from "../support/processes.ts";
import { drawSeed } from "../support/seed.ts";
import { serveUsers } from "./support/serve-users.ts";

/** Each kill comes after some confirmed orders, which could be lost, and a random delay. */
const ACKNOWLEDGED_MAX = 60;
const DELAY_MAX_MS = 10;

const CLIENTS = 16;
const RETRY_PAUSE_MS = 5;
const ANSWER_TIMEOUT_MS = 10_000;

export interface CrashOptions {
  /** On SQLite, `orders` is killed; on Postgres, alternately the whole server and `orders`. */
  engine: Engine;
  kills: number;
  /** The same seed gives the same random numbers; the timing still varies. */
  seed: number;
  progress?: (line: string) => void;
}

export interface CrashReport {
  kills: number;
  acknowledged: number;
  /** Number of retries. */
  retried: number;
  /** Confirmed orders that were created by an earlier attempt, whose response was lost. */
  replayed: number;
  /** Errors; empty lists if there are none. */
  missing: string[];
  doubled: string[];
  unasked: string[];
  integrity: string;
}

export async function crash({
  engine,
  kills,
  seed,
  progress = () => {},
}: CrashOptions): Promise<CrashReport> {
  const random = randomFrom(seed);
  const users = await serveUsers();
  const victim = await (engine === "sqlite" ? ordersOnSqlite : postgresUnderOrders)(users.url);
  const clients = startClients(() => victim.url(), `seed-${seed}`);
  for (let kill = 1; kill <= kills; kill += 1) {
    await clients.acknowledgedMore(1 + Math.floor(random() * ACKNOWLEDGED_MAX));
    await Bun.sleep(random() * DELAY_MAX_MS);
    await victim.kill();
    progress(`${engine}: kill ${kill} of ${kills}, ${clients.acknowledged.size} confirmed`);
  }
  await clients.stop();
  await victim.stop();
  const { missing, doubled, unasked, integrity } = await check(victim, clients.acknowledged);
  await victim.remove();
  await users.stop();
  const { retried, replayed, acknowledged } = clients;
  return {
    kills,
    acknowledged: acknowledged.size,
    retried: retried(),
    replayed: replayed(),
    missing,
    doubled,
    unasked,
    integrity,
  };
}

interface Victim {
  databaseUrl: string;
  /** The current URL of `orders`, or the last one. */
  url(): string;
  /** Kills it and starts it again. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

async function ordersOnSqlite(usersUrl: string): Promise<Victim> {
  const folder = temporaryFolder();
  const databaseUrl = `sqlite://${join(folder.path, "orders.db")}`;
  const start = () => startService("orders", { DATABASE_URL: databaseUrl, USERS_URL: usersUrl });
  let service: Running = await start();
  return {
    databaseUrl,
    url: () => service.url,
    async kill() {
      service.process.kill("SIGKILL");
      await service.process.exited;
      service = await start();
    },
    async stop() {
      await service.stop();
    },
    async remove() {
      folder[Symbol.dispose]();
    },
  };
}

async function postgresUnderOrders(usersUrl: string): Promise<Victim> {
  const server = await startPostgres();
  const { url: databaseUrl } = await createDatabase(server);
  const start = () => startService("orders", { DATABASE_URL: databaseUrl, USERS_URL: usersUrl });
  let service = await start();
  let isServersTurn = false;
  return {
    databaseUrl,
    url: () => service.url,
    async kill() {
      isServersTurn = !isServersTurn;
      if (isServersTurn) {
        await server.kill();
        await server.start();
      } else {
        service.process.kill("SIGKILL");
        await service.process.exited;
        service = await start();
      }
    },
    async stop() {
      await service.stop();
    },
    remove: server.stop,
  };
}

/** Clients that create one order after another, and retry each until it is confirmed. */
function startClients(url: () => string, prefix: string) {
  const acknowledged = new Map<string, string>();
  let next = 1;
  let retried = 0;
  let replayed = 0;
  const stopping = new AbortController();
  let wake: (() => void) | undefined;

  async function attempt(key: string): Promise<string | undefined> {
    const body = { user_id: "1", amount: 12.5, note: key };
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const request = { ...json("POST", body, { "idempotency-key": `"${key}"` }), signal };
    const response = await fetch(`${url()}/orders`, request);
    if (response.status === 201) {
      const { id } = (await response.json()) as { id: string };
      if (response.headers.has("idempotency-replayed")) replayed += 1;
      return id;
    }
    if ([409, 502, 503, 504].includes(response.status)) return undefined;
    throw new UnexpectedAnswer(`${response.status} ${await response.text()}`);
  }

  async function work() {
    while (!stopping.signal.aborted) {
      const key = `${prefix}-${next++}`;
      for (;;) {
        const id = await attempt(key).catch((error) => {
          if (error instanceof UnexpectedAnswer) throw error;
          return undefined;
        });
        if (id !== undefined) {
          acknowledged.set(key, id);
          wake?.();
          break;
        }
        retried += 1;
        await Bun.sleep(RETRY_PAUSE_MS);
      }
    }
  }

  const working = Promise.all(Array.from({ length: CLIENTS }, work));
  return {
    acknowledged,
    retried: () => retried,
    replayed: () => replayed,
    /** Resolves when `count` more orders are confirmed. */
    async acknowledgedMore(count: number) {
      const goal = acknowledged.size + count;
      const reached = new Promise<void>((resolve) => {
        wake = () => {
          if (acknowledged.size >= goal) resolve();
        };
      });
      await Promise.race([reached, working]);
    },
    /** Lets every client finish its current order. */
    async stop() {
      stopping.abort();
      await working;
    },
  };
}

class UnexpectedAnswer extends Error {}

/** Compares the orders that clients know with those in the database. */
async function check({ databaseUrl }: Victim, acknowledged: Map<string, string>) {
  const database = await openDatabase(databaseUrl);
  const orders = await database.read<{ id: string; note: string }>(
    "SELECT id, note FROM orders",
    [],
  );
  const keys = await database.read("SELECT key FROM idempotency_keys", []);
  const [integrity = {}] =
    database.engine === "sqlite"
      ? await database.read("PRAGMA integrity_check", [])
      : [{ integrity_check: keys.length === orders.length ? "ok" : "keys and orders differ" }];
  await database.close();

  const ids = Map.groupBy(orders, ({ note }) => note);
  return {
    missing: [...acknowledged.keys()].filter(
      (key) => ids.get(key)?.[0]?.id !== acknowledged.get(key),
    ),
    doubled: [...ids].filter(([, rows]) => rows.length > 1).map(([key]) => key),
    unasked: [...ids.keys()].filter((key) => !acknowledged.has(key)),
    integrity: String(integrity["integrity_check"]),
  };
}

export function isWell({ missing, doubled, unasked, integrity }: CrashReport): boolean {
  return integrity === "ok" && [missing, doubled, unasked].every((list) => list.length === 0);
}

const HELP = `Kills orders and its database repeatedly while clients create orders, and checks the stored orders.

Usage: bun run crash

  TEST_SEED in the environment: seed of the random numbers [random]

It takes about two minutes. Exit code 1 if an order is missing, duplicated or was never requested.`;

if (import.meta.main) {
  const [word] = process.argv.slice(2);
  if (word === "--help" || word === "-h" || word === "help") {
    console.log(HELP);
    process.exit();
  }
  if (word !== undefined) {
    console.error(`crash: unknown argument "${word}". See bun run crash --help`);
    process.exit(2);
  }
  endOnSignals();
  const seed = drawSeed();
  for (const [engine, kills] of [
    ["sqlite", 100],
    ["postgres", 50],
  ] as const) {
    const startedAt = performance.now();
    const report = await crash({ engine, kills, seed, progress: standardOutput.progress });
    standardOutput.progress("");
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(engine, { ...report, seconds });
    if (!isWell(report)) process.exitCode = 1;
  }
  process.exit();
}
