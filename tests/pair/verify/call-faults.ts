/**
 * The call from `orders` to `users` on real sockets: both are processes, and a proxy between them
 * causes the faults of a network. orders/users-client.test.ts tests the exact times, with a fake clock.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { join } from "node:path";

import type { Problem, User } from "../../../shared/types.ts";
import { json } from "../../support/ask.ts";
import { atMost } from "../../support/at-most.ts";
import {
  type Fault,
  type FaultProxy,
  gatewayAnswer,
  NO_FAULT,
  startFaultProxy,
} from "../../support/fault-proxy.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { type Running, startService } from "../../support/processes.ts";

/** Timeouts that a busy machine does not reach, and no cache. */
const PATIENT = {
  USERS_TIMEOUT_MS: "20000",
  USERS_ATTEMPT_TIMEOUT_MS: "5000",
  USERS_CACHE_TTL_MS: "0",
  USERS_STALE_MS: "0",
};

/** For faults that hang. */
const IMPATIENT = { USERS_ATTEMPT_TIMEOUT_MS: "400" };

/** The longest pause of a client between its requests: what `Retry-After` asks for. */
const PAUSE_MAX_MS = 1_000;

// Each test starts processes, waits for others to end, and takes longer on a busy machine.
setDefaultTimeout(120_000);

// Most tests wait for timeouts, so four run at a time.
const inTurn = atMost(4);

/**
 * The `users` processes that no test uses at the moment: a test has one to itself, and its
 * counters.
 */
const idle: Running[] = [];
afterAll(() => Promise.all(idle.map((users) => users.stop())));

interface Pair extends AsyncDisposable {
  orders: Running;
  proxy: FaultProxy;
  users: Running;
  /** The id of an existing user. */
  id: string;
}

interface PairOptions {
  /** The environment of `orders`. Default: {@link PATIENT} */
  environment?: Record<string, string>;
  /** The `users` to call; the caller stops it. Default: an idle one, which becomes idle again */
  users?: Running;
}

/** Starts a proxy in front of a `users`, and an `orders` whose breaker has seen nothing yet. */
async function open({ environment = {}, users: given }: PairOptions = {}): Promise<Pair> {
  const memory = { DATABASE_URL: "sqlite://:memory:" };
  const users = given ?? idle.pop() ?? (await startService("users", memory));
  const proxy = await startFaultProxy(users.url);
  const [orders, { id }] = await Promise.all([
    startService("orders", {
      ...memory,
      USERS_URL: proxy.url,
      ...PATIENT,
      ...environment,
    }),
    createUser(users),
  ]);
  return {
    orders,
    proxy,
    users,
    id,
    async [Symbol.asyncDispose]() {
      expect(await orders.stop()).toBe(0);
      await proxy.stop();
      if (!given) idle.push(users);
    },
  };
}

async function createUser({ url }: Running): Promise<User> {
  const user = { name: "Alice", email: `${Bun.randomUUIDv7()}@example.com` };
  return (await (await fetch(`${url}/users`, json("POST", user))).json()) as User;
}

function read({ orders }: Pair, id: string): Promise<Response> {
  return fetch(`${orders.url}/orders?user_id=${id}`);
}

function order({ orders }: Pair, id: string): Promise<Response> {
  return fetch(`${orders.url}/orders`, json("POST", { user_id: id, amount: 1 }));
}

/**
 * Returns `status code` of a failure, with its `Retry-After` if it has one, or the status of a
 * success.
 */
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

/** How many requests for a user `users` has counted. */
async function requestsForUsers({ users }: Pair): Promise<number> {
  const text = await (await fetch(`${users.url}/metrics`)).text();
  const counts = text.matchAll(
    /^http_request_duration_seconds_count\{method="GET",route="\/users\/:id",.*\} (\d+)$/gm,
  );
  return Array.from(counts, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
}

/** Resolves when the condition holds. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await Bun.sleep(1);
}

/**
 * Sends a request on a new connection, as many separate clients do. Returns the status, or 0 if the
 * connection was reset because the accept queue of the system was full.
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

describe.concurrent("A call from orders to users", () => {
  const UNAVAILABLE = "503 users_unavailable 1";

  test.each<[string, Fault, outcome: string, attempts: number]>([
    [
      "succeeds at the first attempt when the response is delayed",
      { kind: "delay", delayMs: 20 },
      "200",
      1,
    ],
    ["fails after three attempts when connections are reset", { kind: "reset" }, UNAVAILABLE, 3],
    ["fails after three attempts when the response is cut off", { kind: "half" }, UNAVAILABLE, 3],
    [
      "times out after three attempts when no response comes",
      { kind: "hang" },
      "504 users_timeout",
      3,
    ],
    [
      "times out after three attempts when the response trickles",
      { kind: "trickle", delayMs: 10 },
      "504 users_timeout",
      3,
    ],
    ["fails after three attempts when a gateway returns 503", gatewayAnswer(503), UNAVAILABLE, 3],
    [
      "times out after three attempts when the response is not HTTP",
      { kind: "answer", bytes: "220 ESMTP\r\n" },
      "504 users_timeout",
      3,
    ],
  ])("%s", (_what, fault, outcome, attempts) =>
    inTurn(async () => {
      const environment = outcome.startsWith("504") ? IMPATIENT : {};
      await using pair = await open({ environment });
      const before = await requestsForUsers(pair);
      pair.proxy.set(fault);
      expect(await outcomeOf(await read(pair, pair.id))).toBe(outcome);
      expect(pair.proxy.requests()).toBe(attempts);
      // An attempt may time out before users has read the request.
      const isPassedOn = ["delay", "half"].includes(fault.kind);
      if (isPassedOn) await until(async () => (await requestsForUsers(pair)) >= before + attempts);
      expect(await requestsForUsers(pair)).toBeLessThanOrEqual(before + attempts);
      expect(await outcomeOf(await order(pair, pair.id))).toBe(outcome === "200" ? "201" : outcome);
    }),
  );

  test("fails after three attempts when connections are refused", () =>
    inTurn(async () => {
      await using pair = await open();
      await pair.proxy.refuse();
      expect(await outcomeOf(await read(pair, pair.id))).toBe("503 users_unavailable 1");
      expect(await failedAttempts(pair)).toBe(3);
      await pair.proxy.accept();
      expect(await outcomeOf(await read(pair, pair.id))).toBe("200");
    }));
  test("succeeds at the next probe after users was killed and restarted on its port", () =>
    inTurn(async () => {
      using folder = temporaryFolder();
      const environment = { DATABASE_URL: `sqlite://${join(folder.path, "users.db")}` };
      const users = await startService("users", environment);
      await using pair = await open({ users });
      const { port } = new URL(users.url);
      users.process.kill("SIGKILL");
      await users.process.exited;
      for (let call = 0; call < 10; call += 1) {
        expect((await read(pair, pair.id)).status).toBe(503);
      }
      expect(await metric(pair.orders, 'call_breaker_open{callee="users"}')).toBe(1);

      const restarted = await startService("users", { ...environment, PORT: port });
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
      await restarted.stop();
    }));

  test("creates no order and returns 503 when users is down after the user was deleted", () =>
    inTurn(async () => {
      await using pair = await open({ environment: { USERS_STALE_MS: "60000" } });
      const { id } = pair;
      expect(await outcomeOf(await order(pair, id))).toBe("201");
      await fetch(`${pair.users.url}/users/${id}`, { method: "DELETE" });
      await pair.proxy.refuse();
      expect(await outcomeOf(await order(pair, id))).toBe("503 users_unavailable 1");
      // A read may return the stale user until orders learns of the deletion.
      expect((await read(pair, id)).headers.get("cache-status")).toMatch(
        /^users; hit; ttl=-?\d+; detail=stale$/,
      );

      await pair.proxy.accept();
      expect(await outcomeOf(await read(pair, id))).toBe("404 user_not_found");
      await pair.proxy.refuse();
      expect(await outcomeOf(await read(pair, id))).toBe("503 users_unavailable 1");
      expect(await outcomeOf(await order(pair, id))).toBe("503 users_unavailable 1");
    }));

  test("closes its connection to users when the client disconnects", () =>
    inTurn(async () => {
      const environment = { USERS_TIMEOUT_MS: "60000", USERS_ATTEMPT_TIMEOUT_MS: "60000" };
      await using pair = await open({ environment });
      pair.proxy.set({ kind: "hang" });
      const leaving = new AbortController();
      const url = `${pair.orders.url}/orders?user_id=${pair.id}`;
      const left = fetch(url, { signal: leaving.signal }).catch(({ name }: Error) => name);
      await pair.proxy.arrived(1);
      leaving.abort();
      expect(await left).toBe("AbortError");
      await until(() => pair.proxy.connections() === 0);
      await until(async () => {
        const series =
          'http_request_duration_seconds_count{method="GET",route="/orders",status="499"}';
        return (await metric(pair.orders, series)) === 1;
      });
      expect(await metric(pair.orders, 'call_attempts_total{callee="users",outcome="left"}')).toBe(
        1,
      );
      expect(pair.orders.log()).not.toContain('"level":"error"');
    }));
});

// It keeps the processor busy, so nothing runs beside it.
test("500 retrying clients cause no burst of calls to users, neither during an outage nor after it", async () => {
  await using pair = await open();
  pair.proxy.set({ kind: "reset" });
  const startedAt = performance.now();
  const statuses = new Map<number, number>();
  let requests = 0;
  async function client(id: string): Promise<void> {
    for (let status = 0; status !== 404; await Bun.sleep(Math.random() * PAUSE_MAX_MS)) {
      requests += 1;
      // The user does not exist, which only users knows.
      status = await askAlone(pair.orders.url, `/orders?user_id=${id}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }
  const clients = Array.from({ length: 500 }, (_, index) => client(`u${index}`));
  await until(() => requests >= 1_500);
  // Every call that was in flight when the breaker opened has ended, except for a probe.
  await until(async () => (await metric(pair.orders, 'call_breaker_open{callee="users"}')) === 1);
  await until(async () => (await metric(pair.orders, 'call_in_flight{callee="users"}')) <= 1);
  // The calls in flight when the breaker opened, the retry budget, and a probe every 500 ms.
  const probes = 1 + (performance.now() - startedAt) / 500;
  expect(pair.proxy.requests()).toBeLessThanOrEqual(64 + 10 + probes);
  expect(statuses.has(404)).toBe(false);

  pair.proxy.set(NO_FAULT);
  const failed = await failedAttempts(pair);
  await until(() => statuses.has(404));
  // The next probe, half a second after the last one, succeeds.
  expect(await failedAttempts(pair)).toBeLessThanOrEqual(failed + 1);
  await Promise.all(clients);
  const retries = requests / 10 + 10 + (3 * (performance.now() - startedAt)) / 1000;
  expect(pair.proxy.requests()).toBeLessThanOrEqual(64 + probes + 500 + retries);
  expect([0, 404, 503]).toEqual(expect.arrayContaining([...statuses.keys()]));
});
