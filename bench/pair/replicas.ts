/** How often several replicas of `orders` find a user in their caches. Each has its own. */
import { join } from "node:path";

import { percent, type Report } from "../report.ts";
import type { SuiteOptions } from "../rounds.ts";
import { type Build, seededFile, startService } from "../services.ts";

const REPLICAS = [1, 2, 4];
const USERS = 100;
const REQUESTS_PER_SECOND = 270;
/** The default of USERS_CACHE_TTL_MS. */
const TTL_SECONDS = 1;
const SECONDS = 10;

export async function measureReplicas({
  folder,
  builds: [build],
  say,
}: SuiteOptions): Promise<Report> {
  const file = await seededFile(build, "users", folder);
  const users = await startService(build, "users", { DATABASE_URL: `sqlite://${file}` });
  const ids = await createUsers(users.url);
  const rows: string[][] = [];
  for (const replicas of REPLICAS) {
    say(`${replicas} replicas for ${SECONDS} s`);
    const urls: string[] = [];
    for (let at = 0; at < replicas; at += 1) urls.push(await startReplica(build, users.url, at));
    await sendToAny(urls, ids);
    const found = (await Promise.all(urls.map(lookupsOf))).reduce((sum, one) => ({
      hits: sum.hits + one.hits,
      all: sum.all + one.all,
    }));
    const each = (REQUESTS_PER_SECOND * TTL_SECONDS) / USERS / replicas;
    rows.push([String(replicas), percent(found.hits / found.all), percent(each / (1 + each))]);
  }
  return {
    title: "Users in the caches of several replicas",
    notes: [
      `${REQUESTS_PER_SECOND} requests a second of \`GET /orders?user_id=\` for ${SECONDS} s, each for one of ${USERS} users and to one of the`,
      "replicas, at random. Expected: x / (1 + x), where x is how often a replica needs the same user while",
      "a response may be reused (USERS_CACHE_TTL_MS=1000).",
    ],
    columns: ["replicas", "found", "expected"],
    rows,
    targets: [],
  };

  async function startReplica(one: Build, usersUrl: string, at: number): Promise<string> {
    const database = `sqlite://${join(folder, `${one.name}-replica-${at}.db`)}`;
    const environment = { DATABASE_URL: database, USERS_URL: usersUrl };
    return (await startService(one, "orders", environment)).url;
  }
}

async function createUsers(url: string): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < USERS; index += 1) {
    const response = await fetch(`${url}/users`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "Replica", email: `${crypto.randomUUID()}@example.com` }),
      proxy: false,
    });
    ids.push(((await response.json()) as { id: string }).id);
  }
  return ids;
}

async function sendToAny(urls: readonly string[], ids: readonly string[]): Promise<void> {
  const pending: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (let now = startedAt; now - startedAt < SECONDS * 1_000; now = performance.now()) {
    const due = ((now - startedAt) / 1_000) * REQUESTS_PER_SECOND;
    for (; pending.length < due;) {
      pending.push(textOf(`${oneOf(urls)}/orders?user_id=${oneOf(ids)}`));
    }
    await Bun.sleep(1);
  }
  await Promise.all(pending);
}

function oneOf(all: readonly string[]): string {
  return all[Math.floor(Math.random() * all.length)] ?? "";
}

async function lookupsOf(url: string): Promise<{ hits: number; all: number }> {
  const lines = (await textOf(`${url}/metrics`)).matchAll(
    /^call_cache_lookups_total\{.*found="(\w+)".*\} (\d+)$/gm,
  );
  const counts = new Map(Array.from(lines, ([, found = "", times]) => [found, Number(times)]));
  const hits = (counts.get("fresh") ?? 0) + (counts.get("flight") ?? 0);
  return { hits, all: hits + (counts.get("nothing") ?? 0) };
}

async function textOf(url: string): Promise<string> {
  const response = await fetch(url, { proxy: false });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.text();
}
