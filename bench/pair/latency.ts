/**
 * Where latency rises: open-loop load, at a growing share of the peak throughput. The latency of a
 * request counts from its scheduled time.
 */
import { count, percent, type Report } from "../report.ts";
import type { SuiteOptions } from "../rounds.ts";
import { seededFile, startService } from "../services.ts";
import { load } from "../wrk.ts";

const CONNECTIONS = 32;
const SHARES = [0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1];
const REQUEST = "GET /users/1 HTTP/1.1\r\nHost: localhost\r\n\r\n";

export async function measureLatency({
  folder,
  builds,
  say,
  seconds,
}: SuiteOptions): Promise<Report> {
  const [build] = builds;
  const file = await seededFile(build, "users", folder);
  const { url, pid } = await startService(build, "users", { DATABASE_URL: `sqlite://${file}` });
  const peakLoad = { url: `${url}/users/1`, connections: CONNECTIONS, pids: () => [pid] };
  await load({ ...peakLoad, seconds });
  const { requestsPerSecond: peak } = await load({ ...peakLoad, seconds: seconds * 3 });
  const rows: string[][] = [];
  for (const share of SHARES) {
    say(`${percent(share)} of ${count(peak)} requests/s`);
    const latencies = await openLoop(Number(new URL(url).port), peak * share, seconds * 3);
    const at = (part: number) => (latencies[Math.floor(latencies.length * part)] ?? 0).toFixed(2);
    const done = latencies.length / (seconds * 3);
    rows.push([percent(share), count(peak * share), count(done), at(0.5), at(0.99), at(0.999)]);
  }
  return {
    title: "GET /users/{id}, where latency turns",
    notes: [
      `${CONNECTIONS} connections with one request at a time; 100% is the throughput of wrk (closed loop). Latency`,
      "is from the scheduled time of a request to its response, in milliseconds.",
    ],
    columns: ["load", "requests/s", "answered/s", "p50", "p99", "p99.9"],
    rows,
    targets: [],
  };
}

/** Returns the latencies from the scheduled times, in milliseconds, ascending. */
async function openLoop(port: number, perSecond: number, seconds: number): Promise<number[]> {
  const latencies: number[] = [];
  /** Scheduled times of the requests that wait for a connection. */
  const due: number[] = [];
  const idle: Connection[] = [];
  const sockets = await Promise.all(
    Array.from({ length: CONNECTIONS }, () =>
      Bun.connect({
        hostname: "127.0.0.1",
        port,
        data: { dueAt: 0 },
        socket: {
          // A response of this size arrives in one packet.
          data(socket) {
            latencies.push(performance.now() - socket.data.dueAt);
            const next = due.shift();
            if (next === undefined) idle.push(socket);
            else send(socket, next);
          },
        },
      }),
    ),
  );
  idle.push(...sockets);
  const startedAt = performance.now();
  const gapMs = 1000 / perSecond;
  let sent = 0;
  while (sent < perSecond * seconds) {
    const now = performance.now();
    for (; startedAt + sent * gapMs <= now && sent < perSecond * seconds; sent += 1) {
      const socket = idle.pop();
      if (socket) send(socket, startedAt + sent * gapMs);
      else due.push(startedAt + sent * gapMs);
    }
    // Lets Bun read the sockets; a timer would be a millisecond late.
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (latencies.length < sent && performance.now() < startedAt + 2 * seconds * 1000) {
    await Bun.sleep(1);
  }
  for (const socket of sockets) socket.end();
  return latencies.toSorted((a, b) => a - b);
}

type Connection = Bun.Socket<{ dueAt: number }>;

function send(connection: Connection, dueAt: number): void {
  connection.data.dueAt = dueAt;
  connection.write(REQUEST);
}
