/**
 * Sends `orders` five times the requests that it can process (open-loop load) and prints the
 * outcome:
 *
 *   bun tests/pair/overload.ts [SECONDS] [COMMAND]
 *
 * A slow `users` and MAX_IN_FLIGHT bound its capacity, so that the figures show the effect of
 * rejecting requests and not the speed of the machine.
 */
import { temporaryFolder } from "../support/folders.ts";
import { startService } from "../support/processes.ts";

/** Response time of `users`, and the maximum number of concurrent requests. */
const USERS_MS = 100;
const IN_FLIGHT_MAX = 16;
const OFFERED_TIMES = 5;
const TICK_MS = 5;
const HEALTH_MS = 50;

export interface Outcome {
  /** Throughput with MAX_IN_FLIGHT concurrent requests. */
  peakPerSecond: number;
  offeredPerSecond: number;
  acceptedPerSecond: number;
  /** Time until a rejection. */
  refusedMs: { median: number; p99: number };
  /** Number of responses by status; `503 bare` is a 503 without `Retry-After`. */
  statuses: Record<string, number>;
  /** Number of probe responses by status. */
  health: Record<string, number>;
}

let asked = 0;

if (import.meta.main) {
  const [seconds = "5", ...command] = process.argv.slice(2);
  console.log(
    JSON.stringify(
      await overload(Number(seconds), command.length > 0 ? command : undefined),
      null,
      2,
    ),
  );
  process.exit();
}

/** @param command runs `orders`. Default: its sources, or the tested executable */
export async function overload(seconds: number, command?: readonly string[]): Promise<Outcome> {
  using folder = temporaryFolder();
  using users = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: slowUser });
  const environment = {
    USERS_URL: users.url.origin,
    DATABASE_URL: `sqlite://${folder.path}/orders.db`,
    MAX_IN_FLIGHT: String(IN_FLIGHT_MAX),
  };
  const running = await startService("orders", environment, command);
  try {
    const peakPerSecond = await closedLoop(running.url, seconds);
    const offered = await openLoop(running.url, seconds, peakPerSecond * OFFERED_TIMES);
    return { peakPerSecond, ...offered };
  } finally {
    await running.stop();
  }
}

async function slowUser(request: Request): Promise<Response> {
  await Bun.sleep(USERS_MS);
  const id = new URL(request.url).pathname.split("/").at(-1);
  const at = "2026-01-02T03:04:05.000Z";
  return Response.json({ id, name: "A", email: "a@example.com", created_at: at, updated_at: at });
}

/** The path for a new user, which is not in the cache. */
function nextPath(): string {
  asked += 1;
  return `/orders?user_id=u${asked}`;
}

async function closedLoop(url: string, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000;
  let done = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT_MAX }, async () => {
      while (performance.now() < until) {
        const response = await fetch(url + nextPath());
        await response.text();
        if (response.ok) done += 1;
      }
    }),
  );
  return Math.round(done / seconds);
}

async function openLoop(url: string, seconds: number, perSecond: number) {
  const statuses: Record<string, number> = {};
  const health: Record<string, number> = {};
  const refusedMs: number[] = [];
  const pending: Promise<unknown>[] = [];

  async function send(): Promise<void> {
    const startedAt = performance.now();
    const response = await fetch(url + nextPath());
    await response.text();
    const isBare = response.status === 503 && !response.headers.has("retry-after");
    count(statuses, isBare ? "503 bare" : String(response.status));
    if (response.status === 503) refusedMs.push(performance.now() - startedAt);
  }

  async function probe(): Promise<void> {
    const response = await fetch(`${url}/health/live`);
    await response.text();
    count(health, String(response.status));
  }

  const startedAt = performance.now();
  let sent = 0;
  let probed = 0;
  for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - startedAt) {
    for (; sent < (elapsed / 1000) * perSecond; sent += 1) pending.push(send());
    for (; probed < elapsed / HEALTH_MS; probed += 1) pending.push(probe());
    await Bun.sleep(TICK_MS);
  }
  await Promise.all(pending);
  const elapsed = (performance.now() - startedAt) / 1000;
  const sorted = refusedMs.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  return {
    offeredPerSecond: Math.round(sent / seconds),
    acceptedPerSecond: Math.round((statuses["200"] ?? 0) / elapsed),
    refusedMs: { median: at(0.5), p99: at(0.99) },
    statuses,
    health,
  };
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
