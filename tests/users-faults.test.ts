/**
 * The order-to-user call on real sockets: `orders` and `users` as processes, and between them a proxy
 * that does to connections what networks do. By a clock that stands still, and so exactly in its times,
 * the call is in orders/users-client.test.ts.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { join } from "node:path";

import type { Problem, User } from "../shared/types.ts";
import { json } from "./support/ask.ts";
import {
  type Fault,
  type FaultProxy,
  gatewayAnswer,
  NO_FAULT,
  startFaultProxy,
} from "./support/fault-proxy.ts";
import { temporaryFolder } from "./support/folders.ts";
import { type Running, startService } from "./support/processes.ts";

/** A busy machine is not taken for a slow `users`, and what is shown is how it is. */
const PATIENT = {
  USERS_TIMEOUT_MS: "20000",
  USERS_ATTEMPT_TIMEOUT_MS: "5000",
  USERS_CACHE_TTL_MS: "0",
  USERS_STALE_MS: "0",
};

/** For what hangs. */
const IMPATIENT = { USERS_ATTEMPT_TIMEOUT_MS: "400" };

/** How long a client of the herd waits between its requests, at most: as long as `Retry-After` says. */
const PAUSE_MAX_MS = 1_000;

// Each starts processes, which takes its time on a busy machine.
setDefaultTimeout(30_000);

const folder = temporaryFolder();
const usersDatabase = `sqlite://${join(folder.path, "users.db")}`;
let users: Running;

beforeAll(async () => {
  users = await startService("users", { DATABASE_URL: usersDatabase });
});
afterAll(async () => {
  await users.stop();
  folder[Symbol.dispose]();
});

interface Pair extends AsyncDisposable {
  orders: Running;
  proxy: FaultProxy;
  /** The id of a user who is there. */
  id: string;
}

/** An `orders` of its own, whose breaker has seen nothing yet, behind a proxy of its own. */
async function open(environment: Record<string, string> = {}): Promise<Pair> {
  const proxy = await startFaultProxy(users.url);
  const orders = await startService("orders", {
    DATABASE_URL: "sqlite://:memory:",
    USERS_URL: proxy.url,
    ...PATIENT,
    ...environment,
  });
  const { id } = await createUser();
  return {
    orders,
    proxy,
    id,
    async [Symbol.asyncDispose]() {
      expect(await orders.stop()).toBe(0);
      await proxy.stop();
    },
  };
}

async function createUser(): Promise<User> {
  const email = `${Bun.randomUUIDv7()}@example.com`;
  const created = await fetch(`${users.url}/users`, json("POST", { name: "Alice", email }));
  return (await created.json()) as User;
}

function read({ orders }: Pair, id: string): Promise<Response> {
  return fetch(`${orders.url}/orders?user_id=${id}`);
}

function order({ orders }: Pair, id: string): Promise<Response> {
  return fetch(`${orders.url}/orders`, json("POST", { user_id: id, amount: 1 }));
}

/** `status code` of a failure, with the `Retry-After` if it has one; the status alone of a success. */
async function outcomeOf(response: Response): Promise<string> {
  if (response.ok) {
    await response.text();
    return `${response.status}`;
  }
  const { code } = (await response.json()) as Problem;
  const retryAfter = response.headers.get("retry-after");
  return `${response.status} ${code}${retryAfter === null ? "" : ` ${retryAfter}`}`;
}

/** The value of a series in the metrics. */
async function metric({ url }: Running, series: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length));
}

function failedAttempts({ orders }: Pair): Promise<number> {
  return metric(orders, 'call_attempts_total{callee="users",outcome="failed"}');
}

/** How many users `users` was asked for, by its own account. */
async function askedForUsers(): Promise<number> {
  const text = await (await fetch(`${users.url}/metrics`)).text();
  const counts = text.matchAll(
    /^http_request_duration_seconds_count\{method="GET",route="\/users\/:id",.*\} (\d+)$/gm,
  );
  return Array.from(counts, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
}

/** Resolves when it is so. */
async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate);
}

/**
 * Asks on a connection of its own, as clients of which there are many do. Returns the status; 0 if the
 * connection was reset, as it is when more come at once than the system keeps in line.
 */
function askAlone(url: string, path: string): Promise<number> {
  const { port, hostname } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<number>();
  const socket = connect(Number(port), hostname, () =>
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`),
  );
  let text = "";
  socket.on("data", (chunk) => (text += chunk));
  socket.on("error", () => resolve(0));
  socket.on("close", () => resolve(Number(text.split(" ")[1] ?? 0)));
  return promise;
}

describe("What orders responds, and how often it tries, when", () => {
  const UNAVAILABLE = "503 users_unavailable 1";
  const NONSENSE = "502 users_bad_answer";

  test.each<[string, Fault, outcome: string, attempts: number]>([
    ["all is well", NO_FAULT, "200", 1],
    ["the response is late, and in time", { kind: "delay", delayMs: 20 }, "200", 1],
    ["connections are reset", { kind: "reset" }, UNAVAILABLE, 3],
    ["the response breaks off in the middle", { kind: "half" }, UNAVAILABLE, 3],
    ["nothing comes after the connection is accepted", { kind: "hang" }, "504 users_timeout", 3],
    ["the response trickles", { kind: "trickle", delayMs: 10 }, "504 users_timeout", 3],
    ["a gateway says 503", gatewayAnswer(503), UNAVAILABLE, 3],
    [
      "a gateway says 503, and when to come again",
      gatewayAnswer(503, { "retry-after": "120" }),
      "503 users_unavailable 120",
      1,
    ],
    [
      "a gateway says 429",
      gatewayAnswer(429, { "retry-after": "7" }),
      "503 users_unavailable 7",
      1,
    ],
    ["a gateway says 500", gatewayAnswer(500), NONSENSE, 1],
    ["a gateway says 200", gatewayAnswer(200), NONSENSE, 1],
    [
      "what answers speaks no HTTP",
      { kind: "answer", bytes: "220 ESMTP\r\n" },
      "504 users_timeout",
      3,
    ],
  ])("%s", async (_what, fault, outcome, attempts) => {
    await using pair = await open(outcome.startsWith("504") ? IMPATIENT : {});
    const asked = await askedForUsers();
    pair.proxy.set(fault);
    expect(await outcomeOf(await read(pair, pair.id))).toBe(outcome);
    expect(pair.proxy.requests()).toBe(attempts);
    // An attempt that is given up may be so before users has read it.
    const isPassedOn = ["none", "delay", "half"].includes(fault.kind);
    if (isPassedOn) await until(async () => (await askedForUsers()) >= asked + attempts);
    expect(await askedForUsers()).toBeLessThanOrEqual(asked + attempts);
    expect(await outcomeOf(await order(pair, pair.id))).toBe(outcome === "200" ? "201" : outcome);
  });

  test("connections are refused", async () => {
    await using pair = await open();
    await pair.proxy.refuse();
    expect(await outcomeOf(await read(pair, pair.id))).toBe("503 users_unavailable 1");
    expect(await failedAttempts(pair)).toBe(3);
    await pair.proxy.accept();
    expect(await outcomeOf(await read(pair, pair.id))).toBe("200");
  });
});

test("what fails in passing is not seen by the client", async () => {
  await using pair = await open();
  pair.proxy.set(gatewayAnswer(503));
  const response = read(pair, pair.id);
  await pair.proxy.arrived(1);
  pair.proxy.set(NO_FAULT);
  expect(await outcomeOf(await response)).toBe("200");
  expect(pair.proxy.requests()).toBe(2);
});

test("400 calls that hang take 64 places and 64 in line; the others are refused at once", async () => {
  await using pair = await open({ USERS_ATTEMPT_TIMEOUT_MS: "20000" });
  pair.proxy.set({ kind: "hang" });
  let hanging = 400;
  const statuses: number[] = [];
  const calls = Array.from({ length: 400 }, async (_, index) => {
    statuses.push(await askAlone(pair.orders.url, `/orders?user_id=u${index}`));
    hanging -= 1;
  });
  await until(() => hanging === 128);
  expect(new Set(statuses)).toEqual(new Set([503]));
  expect(pair.proxy.requests()).toBe(64);
  expect(await metric(pair.orders, 'call_in_flight{callee="users"}')).toBe(64);
  expect(await metric(pair.orders, 'call_waiting{callee="users"}')).toBe(64);
  await pair.proxy.refuse();
  await Promise.all(calls);
  expect(await metric(pair.orders, 'call_in_flight{callee="users"}')).toBe(0);
  expect(await metric(pair.orders, 'call_waiting{callee="users"}')).toBe(0);
});

test("500 clients that never tire are no herd while users is down, nor when it is up again", async () => {
  await using pair = await open();
  pair.proxy.set({ kind: "reset" });
  const startedAt = performance.now();
  const statuses = new Map<number, number>();
  let requests = 0;
  async function client(id: string): Promise<void> {
    for (let status = 0; status !== 404; await Bun.sleep(Math.random() * PAUSE_MAX_MS)) {
      requests += 1;
      // There is no such user, which only users can tell.
      status = await askAlone(pair.orders.url, `/orders?user_id=${id}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }
  const clients = Array.from({ length: 500 }, (_, index) => client(`u${index}`));
  await until(() => requests >= 1_500);
  // All that was in flight when the breaker opened has come to its end, but for a probe.
  await until(async () => (await metric(pair.orders, 'call_breaker_open{callee="users"}')) === 1);
  await until(async () => (await metric(pair.orders, 'call_in_flight{callee="users"}')) <= 1);
  // Those in flight when the breaker opened, the budget, and a probe every 500 ms.
  const probes = 1 + (performance.now() - startedAt) / 500;
  expect(pair.proxy.requests()).toBeLessThanOrEqual(64 + 10 + probes);
  expect(statuses.has(404)).toBe(false);

  pair.proxy.set(NO_FAULT);
  const failed = await failedAttempts(pair);
  await until(() => statuses.has(404));
  // The first probe that is made now, half a second after the last one, finds it.
  expect(await failedAttempts(pair)).toBeLessThanOrEqual(failed + 1);
  await Promise.all(clients);
  const retries = requests / 10 + 10 + (3 * (performance.now() - startedAt)) / 1000;
  expect(pair.proxy.requests()).toBeLessThanOrEqual(64 + probes + 500 + retries);
  expect([0, 404, 503]).toEqual(expect.arrayContaining([...statuses.keys()]));
});

test("a users that was killed and is back on its port is found by the next probe", async () => {
  await using pair = await open();
  const { port } = new URL(users.url);
  users.process.kill("SIGKILL");
  await users.process.exited;
  for (let call = 0; call < 10; call += 1) {
    expect((await read(pair, pair.id)).status).toBe(503);
  }
  expect(await metric(pair.orders, 'call_breaker_open{callee="users"}')).toBe(1);

  users = await startService("users", { DATABASE_URL: usersDatabase, PORT: port });
  const failed = await failedAttempts(pair);
  await until(async () => (await read(pair, pair.id)).ok);
  expect(await failedAttempts(pair)).toBe(failed);
  expect(await metric(pair.orders, 'call_breaker_open{callee="users"}')).toBe(0);
  const lines = pair.orders
    .log()
    .split("\n")
    .filter((line) => line.includes('"message":"breaker'));
  expect(lines.map((line) => JSON.parse(line).message)).toEqual([
    "breaker opened",
    "breaker closed",
  ]);
});

test("a user is deleted, then users is away: that is a 503, and no order", async () => {
  await using pair = await open({ USERS_STALE_MS: "60000" });
  const { id } = pair;
  expect(await outcomeOf(await order(pair, id))).toBe("201");
  await fetch(`${users.url}/users/${id}`, { method: "DELETE" });
  await pair.proxy.refuse();
  expect(await outcomeOf(await order(pair, id))).toBe("503 users_unavailable 1");
  // What nobody has told orders yet it may still show.
  expect((await read(pair, id)).headers.get("cache-status")).toMatch(
    /^users; hit; ttl=-?\d+; detail=stale$/,
  );

  await pair.proxy.accept();
  expect(await outcomeOf(await read(pair, id))).toBe("404 user_not_found");
  await pair.proxy.refuse();
  expect(await outcomeOf(await read(pair, id))).toBe("503 users_unavailable 1");
  expect(await outcomeOf(await order(pair, id))).toBe("503 users_unavailable 1");
});

test.each([
  ["GET", [read, order]],
  ["POST", [order, read]],
] as const)(
  "GET and POST wait together on a stale user: the read goes on, the creation refuses, after %s came first",
  async (_first, asking) => {
    await using pair = await open({ USERS_STALE_MS: "60000", USERS_TIMEOUT_MS: "1000" });
    expect(await outcomeOf(await read(pair, pair.id))).toBe("200");
    pair.proxy.set({ kind: "hang" });
    const first = asking[0](pair, pair.id);
    await pair.proxy.arrived(2);
    const second = asking[1](pair, pair.id);
    const outcomes = [await outcomeOf(await first), await outcomeOf(await second)];
    expect(outcomes.toSorted()).toEqual(["200", "504 users_timeout"]);
    expect(outcomes[asking.indexOf(read as never)]).toBe("200");
    expect(
      await metric(pair.orders, 'call_cache_lookups_total{callee="users",found="flight"}'),
    ).toBe(1);
  },
);

test("a client that leaves is not worked for: its connection to users is closed", async () => {
  await using pair = await open({ USERS_TIMEOUT_MS: "60000", USERS_ATTEMPT_TIMEOUT_MS: "60000" });
  pair.proxy.set({ kind: "hang" });
  const leaving = new AbortController();
  const url = `${pair.orders.url}/orders?user_id=${pair.id}`;
  const left = fetch(url, { signal: leaving.signal }).catch(({ name }: Error) => name);
  await pair.proxy.arrived(1);
  leaving.abort();
  expect(await left).toBe("AbortError");
  await until(() => pair.proxy.connections() === 0);
  await until(async () => {
    const series = 'http_request_duration_seconds_count{method="GET",route="/orders",status="499"}';
    return (await metric(pair.orders, series)) === 1;
  });
  expect(await metric(pair.orders, 'call_attempts_total{callee="users",outcome="left"}')).toBe(1);
  expect(pair.orders.log()).not.toContain('"level":"error"');
});
