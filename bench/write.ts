/** Durable `POST /orders`, and what durability and the group commit are worth. */
import { join } from "node:path";

import { startDurablePostgres } from "./postgres.ts";
import { CORE, type Started, startServer } from "./processes.ts";
import { count, percent, type Report, type Target } from "./report.ts";
import { alternate, median, spread, type SuiteOptions } from "./rounds.ts";
import { bun, mainOf, seededFile } from "./services.ts";
import { load, type Sample } from "./wrk.ts";

const CONNECTIONS = [1, 8, 64, 256];
/** The number of connections that the targets are for. */
const CROWD = 64;

const SCRIPT = join(import.meta.dir, "orders.lua");
const VARIANT = [bun, join(import.meta.dir, "orders-variant.ts")];

export async function compareWrites({ folder, seconds, ...rounds }: SuiteOptions): Promise<Report> {
  const users = await startServer(mainOf("users"), {
    environment: { DATABASE_URL: `sqlite://${await seededFile("users", folder)}` },
    core: CORE.load,
  });
  const service = (url: string) =>
    startServer(mainOf("orders"), {
      environment: { DATABASE_URL: url, USERS_URL: users.url },
    });
  const variant = (name: string, options: object) =>
    startServer([...VARIANT, join(folder, `${name}.db`), users.url, JSON.stringify(options)]);
  const postgres = await startDurablePostgres();

  const servers: [name: string, server: Started][] = [
    ["SQLite, as it comes", await service(`sqlite://${join(folder, "write.db")}`)],
    ["synchronous = OFF", await variant("off", { synchronous: "OFF" })],
    ["a commit a request", await variant("single", { batchUnitsMax: 1 })],
    ["Postgres", await service(await postgres.freshUrl())],
  ];

  const rows: string[][] = [];
  let targets: Target[] = [];
  for (const connections of CONNECTIONS) {
    const samples = await alternate(
      servers.map(([name, { url, pid }]) => ({
        name: `${name}, ${connections} connections`,
        measure: () =>
          load({ url: `${url}/orders`, connections, seconds, script: SCRIPT, pids: [pid] }),
      })),
      rounds,
    );
    const speeds = samples.map((own) => own.map(({ requestsPerSecond }) => requestsPerSecond));
    const [own = 0, off = 0, single = 0] = speeds.map(median);
    for (const [index, [name]] of servers.entries()) {
      rows.push(row(name, { connections, own, samples: samples[index] ?? [] }));
    }
    if (connections === CROWD) {
      const what = `POST /orders at ${CROWD} connections`;
      targets = [
        { what: `${what} of synchronous = OFF`, ratio: own / off, atLeast: 0.8 },
        { what: `${what} of a commit a request`, ratio: own / single, atLeast: 4 },
      ];
    }
  }
  for (const { stop } of [users, ...servers.map(([, server]) => server), postgres]) await stop();
  return {
    title: "POST /orders, durable",
    notes: [
      "`orders` on one core, `users`, which it asks each time, and wrk on the other; Postgres (fsync on)",
      "on both. Every body is another one, without an Idempotency-Key.",
    ],
    columns: ["", "connections", "requests/s", "spread", "we of it", "p50 ms", "p99 ms", "CPU µs"],
    rows,
    targets,
  };
}

interface RowOptions {
  connections: number;
  /** The speed of the service as it comes. */
  own: number;
  samples: readonly Sample[];
}

function row(name: string, { connections, own, samples }: RowOptions): string[] {
  const of = (pick: (sample: Sample) => number) => median(samples.map(pick));
  const speeds = samples.map(({ requestsPerSecond }) => requestsPerSecond);
  return [
    name,
    String(connections),
    count(median(speeds)),
    percent(spread(speeds)),
    (own / median(speeds)).toFixed(2),
    of(({ medianMs }) => medianMs).toFixed(2),
    of(({ p99Ms }) => p99Ms).toFixed(2),
    of(({ cpuMicros }) => cpuMicros).toFixed(1),
  ];
}
