/**
 * The alerts of replicas that a cluster probes every second, while one of them fails: real services,
 * and the real rules on their metrics.
 */
import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";

import { firing, scrape, type Scraped } from "../support/alerts.ts";
import { json } from "../support/ask.ts";
import { atMost } from "../support/at-most.ts";
import * as exposition from "../support/exposition.ts";
import { ALL, bodyOf, FIRST, LIST, NONE, TABLE } from "../support/first.ts";
import { temporaryFolder } from "../support/folders.ts";
import { type Running, startService } from "../support/processes.ts";

const inTurn = atMost(2);
const testWithPromtool = (name: string, run: () => Promise<void>) =>
  exposition.testWithPromtool(name, () => inTurn(run), test.concurrent);

const MEMORY = { DATABASE_URL: "sqlite://:memory:" };
/** Requests of clients to a replica between two scrapes: far fewer than those of the cluster. */
const REQUESTS = 11;

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** Three replicas: the first on a file, which a test can spoil. */
async function startReplicas(environment: Record<string, string> = {}) {
  const path = join(folder.path, `${Bun.randomUUIDv7()}.db`);
  const file = { ...environment, DATABASE_URL: `sqlite://${path}` };
  const others = { ...environment, ...MEMORY };
  const replicas = await Promise.all(
    [file, others, others].map((variables) => startService(FIRST, variables)),
  );
  const [first] = replicas as [Running];
  return {
    path,
    first,
    others: replicas.slice(1),
    scrape: () => Promise.all(replicas.map(scrape)),
    async [Symbol.asyncDispose]() {
      await Promise.all(replicas.map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

/** Sends what clients send between two scrapes. Returns the statuses. */
async function ask({ url }: Running, path: string = LIST, times = REQUESTS): Promise<number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const response = await fetch(`${url}${path}`);
    await response.text();
    statuses.push(response.status);
  }
  return statuses;
}

/** Returns the alerts that fire, except for the one that a busy machine fires by itself. */
async function alertsOf(...scrapes: (string | undefined)[][]): Promise<string[]> {
  const replicas = (scrapes[0] ?? []).map((_, replica): Scraped => {
    return { job: FIRST, instance: replica, texts: scrapes.map((texts) => texts[replica]) };
  });
  return (await firing(replicas)).filter((alert) => alert !== "EventLoopSlow");
}

testWithPromtool("No alert fires while clients send valid and invalid requests", async () => {
  await using replicas = await startReplicas();
  const before = await replicas.scrape();
  for (const replica of [replicas.first, ...replicas.others]) {
    await fetch(`${replica.url}${ALL}`, json("POST", bodyOf(1)));
    await fetch(`${replica.url}${ALL}`, json("POST", {}));
    for (const path of [LIST, NONE, "/nowhere?s"]) await ask(replica, path);
  }
  expect(await alertsOf(before, await replicas.scrape())).toEqual([]);
});

testWithPromtool(
  "ErrorsHigh: fires when one replica fails all requests of a minute, the first after its start",
  async () => {
    await using replicas = await startReplicas();
    await fetch(`${replicas.first.url}${ALL}`, json("POST", bodyOf(1)));
    const before = await replicas.scrape();
    const file = new Database(replicas.path);
    file.run(`UPDATE ${TABLE} SET created_at = 9000000000000000`);
    file.close();
    expect(new Set(await ask(replicas.first))).toEqual(new Set([500]));
    for (const replica of replicas.others) {
      expect(new Set(await ask(replica))).toEqual(new Set([200]));
      // Neither do scanners hide it.
      await ask(replica, "/nowhere", 500);
    }
    const burst = await replicas.scrape();
    expect(await alertsOf(before, burst, await replicas.scrape())).toEqual(["ErrorsHigh"]);
  },
);

testWithPromtool("ErrorsHigh stays quiet when two requests of a quiet night fail", async () => {
  await using replicas = await startReplicas();
  await fetch(`${replicas.first.url}${ALL}`, json("POST", bodyOf(1)));
  const before = await replicas.scrape();
  const file = new Database(replicas.path);
  file.run(`UPDATE ${TABLE} SET created_at = 9000000000000000`);
  file.close();
  expect(await ask(replicas.first, LIST, 2)).toEqual([500, 500]);
  const burst = await replicas.scrape();
  expect(await alertsOf(before, burst, await replicas.scrape())).toEqual([]);
});

testWithPromtool(
  "DatabaseUnavailable: fires when one replica loses its file, whose probes are not requests",
  async () => {
    await using replicas = await startReplicas();
    const before = await replicas.scrape();
    for (const end of ["", "-wal", "-shm"]) rmSync(`${replicas.path}${end}`);
    // The cluster sends no request to a replica that is not ready.
    for (const replica of replicas.others) await ask(replica);
    while ((await fetch(`${replicas.first.url}/health/ready`)).status !== 503) await Bun.sleep(1);
    expect(await alertsOf(before, await replicas.scrape())).toEqual(["DatabaseUnavailable"]);
  },
);

testWithPromtool("DatabaseUnavailable stays quiet after one wait for one lock", async () => {
  await using replicas = await startReplicas();
  const before = await replicas.scrape();
  const other = new Database(replicas.path);
  other.run("BEGIN IMMEDIATE");
  const created = await fetch(`${replicas.first.url}${ALL}`, json("POST", bodyOf(1)));
  expect(created.status).toBe(503);
  const locked = await replicas.scrape();
  other.close();
  while ((await fetch(`${replicas.first.url}/health/ready`)).status !== 200) await Bun.sleep(1);
  expect(await alertsOf(before, locked, await replicas.scrape())).toEqual([]);
});

testWithPromtool("DatabaseFaults: fires when the database of a replica rejects a row", async () => {
  await using replicas = await startReplicas();
  const before = await replicas.scrape();
  const file = new Database(replicas.path);
  file.run(`CREATE TRIGGER rejects BEFORE INSERT ON ${TABLE} BEGIN SELECT RAISE(ABORT, 'no'); END`);
  file.close();
  const created = await fetch(`${replicas.first.url}${ALL}`, json("POST", bodyOf(1)));
  expect(created.status).toBe(500);
  for (const replica of replicas.others) await ask(replica);
  const faulty = await replicas.scrape();
  expect(await alertsOf(before, faulty, await replicas.scrape())).toEqual(["DatabaseFaults"]);
});

testWithPromtool("DependencyUnavailable: fires when the keys of the issuer are away", async () => {
  await using replicas = await startReplicas({
    AUTH: "on",
    AUTH_JWKS_URL: "http://127.0.0.1:1/keys",
    AUTH_ISSUER: "https://issuer.example.com",
    AUTH_AUDIENCE: "family",
    METRICS: "open",
  });
  const before = await replicas.scrape();
  expect(await alertsOf(before, await replicas.scrape())).toEqual(["DependencyUnavailable"]);
});

testWithPromtool("No alert fires while a replica drains, however long it takes", async () => {
  await using replicas = await startReplicas({ SHUTDOWN_GRACE_MS: "600000" });
  const before = await replicas.scrape();
  replicas.first.process.kill("SIGTERM");
  while ((await fetch(`${replicas.first.url}/health/ready`)).status !== 503) await Bun.sleep(1);
  for (const replica of replicas.others) await ask(replica);
  expect(await alertsOf(before, await replicas.scrape())).toEqual([]);
});

testWithPromtool(
  "No alert fires when a replica is replaced twice, each time in a minute",
  async () => {
    const texts: (string | undefined)[] = [];
    for (let start = 1; start <= 3; start += 1) {
      await using replica = await startService(FIRST, MEMORY);
      await ask(replica);
      texts.push(await scrape(replica), undefined);
      expect(await replica.stop()).toBe(0);
    }
    texts.pop();
    expect(await alertsOf(...texts.map((text) => [text]))).toEqual([]);
  },
);
