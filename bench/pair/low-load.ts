/** What a request costs when there are few: `GET /users/{id}` at fixed rates, and no request at all. */
import { count, type Report } from "../report.ts";
import type { SuiteOptions } from "../rounds.ts";
import { seededFile, startService } from "../services.ts";
import { cpuMicros } from "../usage.ts";
import { load } from "../wrk.ts";

const RATES = [0, 10, 100, 1_000];
/** For as long as a rate lasts at least; few requests need longer than many. */
const SECONDS = 20;
/** Until the process has compiled what it executes. */
const WARM_UP_SECONDS = 8;

export async function measureLowLoad({
  folder,
  builds: [build],
  say,
}: SuiteOptions): Promise<Report> {
  const file = await seededFile(build, "users", folder);
  const { url, pid } = await startService(build, "users", { DATABASE_URL: `sqlite://${file}` });
  const target = `${url}/users/1`;
  await load({ url: target, connections: 32, seconds: WARM_UP_SECONDS, pids: () => [pid] });
  const rows: string[][] = [];
  for (const rate of RATES) {
    say(`${count(rate)} requests/s for ${SECONDS} s`);
    const before = cpuMicros([pid]);
    const requests = await sendAtRate(target, rate);
    const used = cpuMicros([pid]) - before;
    const each = requests > 0 ? count(used / requests) : "";
    rows.push([count(rate), (used / 1_000 / SECONDS).toFixed(1), each]);
  }
  return {
    title: "GET /users/{id} at low load",
    notes: [
      `${SECONDS} s of each rate, after ${WARM_UP_SECONDS} s of full load. All processor time of the process is counted, also`,
      "of timers, the garbage collector and the compiler.",
    ],
    columns: ["requests/s", "CPU ms a second", "CPU µs a request"],
    rows,
    targets: [],
  };
}

/** Returns how many requests got a response. */
async function sendAtRate(url: string, perSecond: number): Promise<number> {
  const pending: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (let now = startedAt; now - startedAt < SECONDS * 1_000; now = performance.now()) {
    const due = ((now - startedAt) / 1_000) * perSecond;
    while (pending.length < due) pending.push(fetchText(url));
    await Bun.sleep(1);
  }
  await Promise.all(pending);
  return pending.length;
}

async function fetchText(url: string): Promise<void> {
  const response = await fetch(url, { proxy: false });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  await response.text();
}
