/**
 * Sends `orders` five times what it can do, whether it keeps up or not (an open loop), and tells what
 * became of it:
 *
 *   bun tests/overload.ts [SECONDS] [COMMAND]
 *
 * What it can do is bounded by a `users` that takes its time and by MAX_IN_FLIGHT, so that the figures say
 * what refusing is worth and not how fast the machine is.
 */
import { temporaryFolder } from "./support/folders.ts";
import { startService } from "./support/processes.ts";

/** How long the `users` here takes, and how many requests may wait for it at once. */
const USERS_MS = 100;
const IN_FLIGHT_MAX = 16;
const OFFERED_TIMES = 5;
const TICK_MS = 5;
const HEALTH_MS = 50;

export interface Outcome {
  /** What is done with as many requests on their way as may be, and no more. */
  peakPerSecond: number;
  offeredPerSecond: number;
  acceptedPerSecond: number;
  /** The time to a refusal that half, or 99 of 100, are below. */
  refusedMs: { median: number; p99: number };
  /** How often each status was answered; 503 without `Retry-After` is `503 bare`. */
  statuses: Record<string, number>;
  /** The statuses of probes that were sent meanwhile. */
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

/** @param command what to run as `orders`. Default: its sources, or the executable that is tested */
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

/** Of a user whom nobody has asked for, so that nothing is known of it. */
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
