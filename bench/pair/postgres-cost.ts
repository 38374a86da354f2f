/** What requests cost on Postgres: the processor time of the service, and that of its connections. */
import { join } from "node:path";

import { backends, startDurablePostgres } from "../postgres.ts";
import { output } from "../processes.ts";
import type { Report } from "../report.ts";
import { alternate, median, minimum, type SuiteOptions } from "../rounds.ts";
import { executable, seededFile, startService } from "../services.ts";
import { cpuMicros } from "../usage.ts";
import { load } from "../wrk.ts";

const CONNECTIONS = 64;
/** Until the processes have compiled what they execute. */
const WARM_UP_SECONDS = 8;

interface Cost {
  service: number;
  postgres: number;
}

interface Target {
  pid: number;
  url: string;
  database: string;
  script?: string;
}

export async function measurePostgresCosts({
  folder,
  builds: [build],
  ...options
}: SuiteOptions): Promise<Report> {
  const postgres = await startDurablePostgres();
  const [usersUrl, ordersUrl] = [await postgres.freshUrl(), await postgres.freshUrl()];
  for (const [name, url] of [
    ["users", usersUrl],
    ["orders", ordersUrl],
  ] as const) {
    await output(["env", "-i", `DATABASE_URL=${url}`, executable(build, name), "seed"]);
  }
  const asked = await startService(build, "users", {
    DATABASE_URL: `sqlite://${await seededFile(build, "users", folder)}`,
  });
  const users = await startService(build, "users", { DATABASE_URL: usersUrl });
  const orders = await startService(build, "orders", {
    DATABASE_URL: ordersUrl,
    USERS_URL: asked.url,
  });

  const contender = (name: string, target: Target) => ({
    name,
    async measure(seconds = options.seconds): Promise<Cost> {
      const { pid, database, ...rest } = target;
      const processes = await backends(database);
      const before = cpuMicros(processes);
      const sample = { ...rest, connections: CONNECTIONS, seconds, pids: () => [pid] };
      const { requests, cpuMicros: service } = await load(sample);
      return { service, postgres: (cpuMicros(processes) - before) / requests };
    },
  });
  const contenders = [
    contender("GET /users/{id}", {
      pid: users.pid,
      url: `${users.url}/users/1`,
      database: usersUrl,
    }),
    contender("GET /orders?user_id=", {
      pid: orders.pid,
      url: `${orders.url}/orders?user_id=2`,
      database: ordersUrl,
    }),
    // The orders of user 1, of whom no other contender asks.
    contender("POST /orders", {
      pid: orders.pid,
      url: `${orders.url}/orders`,
      database: ordersUrl,
      script: join(import.meta.dir, "orders.lua"),
    }),
  ];
  for (const { measure } of contenders) await measure(WARM_UP_SECONDS);
  const samples = await alternate(contenders, options);
  await postgres.stop();
  return {
    title: "Requests on Postgres",
    notes: [
      `Microseconds of processor time of a request, at ${CONNECTIONS} connections: the minimum of the rounds and the median.`,
      "The service on one core, wrk on the other, Postgres (fsync on) on both. Its connections are counted,",
      "its other processes are not. `orders` calls `users`, which is not counted, once a second.",
    ],
    columns: ["", "service", "median", "Postgres", "median"],
    rows: contenders.map(({ name }, index) => rowOf(name, samples[index] ?? [])),
    targets: [],
  };
}

function rowOf(name: string, costs: readonly Cost[]): string[] {
  const parts = [costs.map(({ service }) => service), costs.map((cost) => cost.postgres)];
  const columns = parts.flatMap((values) => [minimum(values), median(values)]);
  return [name, ...columns.map((micros) => micros.toFixed(1))];
}
