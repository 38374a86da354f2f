/**
 * Each fault fires its alert: real services fail while a cluster probes them, and promtool evaluates
 * the real rules on their metrics. tests/verify/alerts-in-a-cluster.ts has what needs no calls.
 */
import { afterAll, expect, test } from "bun:test";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";

import { firing, scrape, type Scraped } from "../../support/alerts.ts";
import { json } from "../../support/ask.ts";
import { atEnd } from "../../support/at-end.ts";
import { atMost } from "../../support/at-most.ts";
import { startCollector } from "../../support/collector.ts";
import * as exposition from "../../support/exposition.ts";
import { ROOT, temporaryFolder } from "../../support/folders.ts";
import { type Running, startService } from "../../support/processes.ts";

// Each test starts its own services and reads their metrics. Those that wait leave the processor
// to others.
const inTurn = atMost(3);
const testWithPromtool = (name: string, run: () => Promise<void>) =>
  exposition.testWithPromtool(name, () => inTurn(run), test.concurrent);

const MEMORY = { DATABASE_URL: "sqlite://:memory:" };

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** Returns the alerts that fire if the fault between two scrapes goes on. */
async function after(
  job: string,
  running: Running,
  fault: () => Promise<unknown>,
): Promise<string[]> {
  const before = await scrape(running);
  await fault();
  return alertsOf([{ job, texts: [before, await scrape(running)] }]);
}

/** Returns the alerts that fire, except for the one that a busy machine fires by itself. */
async function alertsOf(scraped: readonly Scraped[]): Promise<string[]> {
  return (await firing(scraped)).filter((alert) => alert !== "EventLoopSlow");
}

async function ask({ url }: Running, path: string, times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1) await (await fetch(`${url}${path}`)).text();
}

testWithPromtool(
  "No alert fires while orders calls users, and one attempt in 25 fails",
  async () => {
    using gateway = startGateway((request) => request % 25 === 0);
    const collector = startCollector();
    await using orders = await startService("orders", {
      ...MEMORY,
      USERS_URL: gateway.url.origin,
      USERS_CACHE_TTL_MS: "0",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    });
    const alerts = await after("orders", orders, async () => {
      for (let user = 0; user < 50; user += 1) await ask(orders, `/orders?user_id=u${user}`);
    });
    expect(alerts).toEqual([]);
    await collector.stop();
  },
);

testWithPromtool("ServiceDown: fires when users was killed", async () => {
  await using users = await startService("users", MEMORY);
  const before = await scrape(users);
  users.process.kill("SIGKILL");
  await users.process.exited;
  const gone = await scrape(users).catch(() => undefined);
  expect(await alertsOf([{ job: "users", texts: [before, gone] }])).toEqual(["ServiceDown"]);
});

testWithPromtool("ServiceRestarts: fires when users restarts three times", async () => {
  const texts: string[] = [];
  for (let start = 1; start <= 4; start += 1) {
    await using users = await startService("users", MEMORY);
    texts.push(await scrape(users));
    users.process.kill("SIGKILL");
    await users.process.exited;
  }
  expect(await alertsOf([{ job: "users", texts }])).toEqual(["ServiceRestarts"]);
});

testWithPromtool("LatencyHigh: fires when users sends no response", async () => {
  using hanging = Bun.serve({ port: 0, fetch: () => new Promise<Response>(() => {}) });
  await using orders = await startService("orders", { ...MEMORY, USERS_URL: hanging.url.origin });
  const alerts = await after("orders", orders, () => ask(orders, "/orders?user_id=1"));
  expect(alerts).toContain("LatencyHigh");
  expect(alerts).toContain("ErrorsHigh");
});

testWithPromtool("BreakerOpen: fires when users is down", async () => {
  await using orders = await startService("orders", { ...MEMORY, USERS_URL: "http://127.0.0.1:1" });
  const alerts = await after("orders", orders, async () => {
    while (!/^call_breaker_open\{callee="users"\} 1$/m.test(await scrape(orders))) {
      await ask(orders, "/orders?user_id=1");
    }
  });
  expect(alerts).toContain("BreakerOpen");
});

/**
 * Starts a gateway that returns 503 to the requests that `isRefused` names, and a user to all
 * others.
 */
function startGateway(isRefused: (request: number) => boolean) {
  let asked = 0;
  const at = "2026-01-02T03:04:05.678Z";
  return Bun.serve({
    port: 0,
    fetch({ url }) {
      asked += 1;
      if (isRefused(asked)) return Response.json({}, { status: 503 });
      const id = url.slice(url.lastIndexOf("/") + 1);
      const times = { created_at: at, updated_at: at };
      return Response.json({ id, name: "Alice", email: "alice@example.com", ...times });
    },
  });
}

testWithPromtool(
  "AttemptsFailing: fires when a gateway returns 503 to one request in four",
  async () => {
    // Retries hide these failures from the caller.
    using gateway = startGateway((request) => request % 4 === 0);
    await using orders = await startService("orders", { ...MEMORY, USERS_URL: gateway.url.origin });
    const alerts = await after("orders", orders, async () => {
      for (let user = 0; user < 12; user += 1) await ask(orders, `/orders?user_id=u${user}`);
    });
    expect(alerts).toEqual(["AttemptsFailing"]);
  },
);

testWithPromtool(
  "RetriesExhausted: fires when a gateway returns 503 to two requests in five",
  async () => {
    // Too few to open the breaker, and too many for the retry budget.
    using gateway = startGateway((request) => request % 5 < 2);
    await using orders = await startService("orders", { ...MEMORY, USERS_URL: gateway.url.origin });
    let user = 0;
    const alerts = await after("orders", orders, async () => {
      while (!/budget="refused"\} [1-9]/.test(await scrape(orders))) {
        user += 8;
        const ids = Array.from({ length: 8 }, (_, n) => `u${user + n}`);
        await Promise.all(ids.map((id) => ask(orders, `/orders?user_id=${id}`)));
      }
    });
    expect(alerts).toContain("RetriesExhausted");
  },
);

testWithPromtool(
  "AnswersStale: fires when users is down and orders returns a cached user",
  async () => {
    await using users = await startService("users", MEMORY);
    const carol = { name: "Carol", email: "carol@example.com" };
    const created = await fetch(`${users.url}/users`, json("POST", carol));
    const { id } = (await created.json()) as { id: string };
    const environment = { USERS_URL: users.url, USERS_CACHE_TTL_MS: "0" };
    await using orders = await startService("orders", { ...MEMORY, ...environment });
    await ask(orders, `/orders?user_id=${id}`);
    await users.stop();
    const alerts = await after("orders", orders, () => ask(orders, `/orders?user_id=${id}`));
    expect(alerts).toEqual(["AnswersStale", "AttemptsFailing"]);
  },
);

testWithPromtool(
  "EventLoopSlow: fires when users gets no processor time for half a second",
  async () => {
    await using users = await startService("users", MEMORY);
    const before = await scrape(users);
    users.process.kill("SIGSTOP");
    await Bun.sleep(500);
    users.process.kill("SIGCONT");
    // A response may be sent before the timer that measures the delay runs.
    let text = before;
    while (stallsIn(text) === stallsIn(before)) text = await scrape(users);
    const alerts = await firing([{ job: "users", texts: [before, text] }]);
    expect(alerts).toEqual(["EventLoopSlow"]);
  },
);

/** The number of delays of the event loop of more than a quarter of a second. */
function stallsIn(text: string): number {
  const samples = exposition.samplesOf(text);
  const upTo = (le: string) => samples.get(`event_loop_delay_seconds_bucket{le="${le}"}`) ?? 0;
  return upTo("+Inf") - upTo("0.25");
}

testWithPromtool("SpansLost: fires when the collector rejects spans", async () => {
  const collector = startCollector(() => new Response("{}", { status: 400 }));
  await using users = await startService("users", {
    ...MEMORY,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "1",
  });
  const alerts = await after("users", users, async () => {
    while (collector.requests.length < 3) await ask(users, "/users");
    while (!/refused"\} [1-9]/.test(await scrape(users)));
  });
  expect(alerts).toEqual(["SpansLost"]);
  await collector.stop();
});

testWithPromtool("LogLinesDropped: fires when no process reads the log", async () => {
  // A pipe that is open at both ends and never read.
  const pipe = join(folder.path, "log");
  Bun.spawnSync(["mkfifo", pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(pipe, constants.O_WRONLY);
  await using users = await startWithLog(writer);
  const { url } = users;
  closeSync(writer);
  const before = await (await fetch(`${url}/metrics`)).text();
  let text = before;
  while (!/^log_lines_dropped_total [1-9]/m.test(text)) {
    await Promise.all(Array.from({ length: 100 }, () => fetch(`${url}/users`, LONG_ID).then(read)));
    text = await (await fetch(`${url}/metrics`)).text();
  }
  expect(await alertsOf([{ job: "users", texts: [before, text] }])).toEqual(["LogLinesDropped"]);
  closeSync(reader);
});

function read(response: Response): Promise<string> {
  return response.text();
}

/** Makes log lines longer, so that fewer of them fill the pipe. */
const LONG_ID = { headers: { "x-request-id": "x".repeat(128) } };

/** Starts `users` with its log on this file descriptor. */
async function startWithLog(log: number) {
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = Bun.spawn([process.execPath, join(ROOT, "users", "main.ts")], {
    env: { ...MEMORY, PORT: String(port) },
    stdio: ["ignore", "ignore", log],
  });
  void child.exited.then(atEnd(() => child.kill("SIGKILL")));
  while (!(await fetch(`${url}/health/live`).then(Boolean, () => false))) await Bun.sleep(1);
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

function freePort(): number {
  using server = Bun.serve({ port: 0, fetch: () => new Response() });
  return server.port ?? 0;
}

test("Every alert has a test that fires it", async () => {
  const rules = await Bun.file(join(ROOT, "deploy", "observability", "rules.yml")).text();
  const others = join(ROOT, "tests", "verify", "alerts-in-a-cluster.ts");
  const files = [import.meta.path, others].map((path) => Bun.file(path).text());
  const tests = (await Promise.all(files)).join("\n");
  const alerts = Array.from(rules.matchAll(/alert: (\w+)/g), ([, name]) => name);
  const fired = Array.from(tests.matchAll(/^testWithPromtool\(\s*"(\w+):/gm), ([, name]) => name);
  expect(fired.toSorted()).toEqual(alerts.toSorted());
});
