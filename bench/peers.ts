/** `GET /users/{id}` and `GET /orders?user_id=1` beside other ways to do the same work. */
import { existsSync } from "node:fs";
import { join } from "node:path";

import { output, type Started, startServer } from "./processes.ts";
import { count, percent, type Report } from "./report.ts";
import { alternate, median, spread, type SuiteOptions } from "./rounds.ts";
import { bun, seededFile, startService } from "./services.ts";
import { load, type Sample } from "./wrk.ts";

const FOLDER = join(import.meta.dir, "peers");
const CONNECTIONS = 32;

interface Pair {
  name: string;
  users: Started;
  orders: Started;
}

const COMPARISONS = {
  read: { title: "GET /users/{id}", atLeast: 0.85 },
  hop: { title: "GET /orders?user_id=1, with its call to users", atLeast: 0.8 },
};

export async function comparePeers(
  comparison: "read" | "hop",
  { folder, seconds, ...rounds }: SuiteOptions,
): Promise<Report> {
  const { title, atLeast } = COMPARISONS[comparison];
  const node = await installPeers();
  const files = {
    users: await seededFile("users", folder),
    orders: await seededFile("orders", folder),
  };
  const pairs = [
    await services(files),
    await peer("bare Bun.serve", [bun, join(FOLDER, "bare.ts")], files),
    await peer("bare, native routes", [bun, join(FOLDER, "bare-routes.ts")], files),
    await peer("Hono on Bun", [bun, join(FOLDER, "hono.ts")], files),
    await peer("Fastify on Node", [node, join(FOLDER, "fastify.ts")], files),
  ];
  const get = (url: string, pids: number[]) =>
    load({ url, connections: CONNECTIONS, seconds, pids });
  const samples = await alternate(
    pairs.map(({ name, users, orders }) => ({
      name: `${title}: ${name}`,
      measure: () =>
        comparison === "read"
          ? get(`${users.url}/users/1`, [users.pid])
          : get(`${orders.url}/orders?user_id=1`, [users.pid, orders.pid]),
    })),
    rounds,
  );
  for (const { users, orders } of pairs) await Promise.all([users.stop(), orders.stop()]);
  return report({ title, names: pairs.map(({ name }) => name), samples, atLeast });
}

type Files = Record<"users" | "orders", string>;

async function services(files: Files): Promise<Pair> {
  const users = await startService("users", { DATABASE_URL: `sqlite://${files.users}` });
  const orders = await startService("orders", {
    DATABASE_URL: `sqlite://${files.orders}`,
    USERS_URL: users.url,
  });
  return { name: "services", users, orders };
}

async function peer(name: string, command: readonly string[], files: Files): Promise<Pair> {
  const users = await startServer([...command, files.users]);
  const orders = await startServer([...command, files.orders, users.url]);
  return { name, users, orders };
}

/** Installs the peers at the first run, and answers the Node among them. */
async function installPeers(): Promise<string> {
  const path = join(FOLDER, `node_modules/node-linux-${process.arch}/bin/node`);
  if (!existsSync(path)) await output([bun, "install", "--frozen-lockfile"], FOLDER);
  return path;
}

interface Outcome {
  title: string;
  names: readonly string[];
  samples: readonly Sample[][];
  atLeast: number;
}

function report({ title, names, samples, atLeast }: Outcome): Report {
  const speeds = samples.map((own) => own.map(({ requestsPerSecond }) => requestsPerSecond));
  const medians = speeds.map(median);
  const [own = 0, bare = 0] = medians;
  const rows = names.map((name, index) => {
    const of = (pick: (sample: Sample) => number) => median((samples[index] ?? []).map(pick));
    return [
      name,
      count(medians[index] ?? 0),
      percent(spread(speeds[index] ?? [])),
      ((medians[index] ?? 0) / bare).toFixed(2),
      of(({ medianMs }) => medianMs).toFixed(2),
      of(({ p99Ms }) => p99Ms).toFixed(2),
      of(({ cpuMicros }) => cpuMicros).toFixed(1),
    ];
  });
  return {
    title,
    notes: [
      `${CONNECTIONS} connections, servers on one core, wrk on the other. The peers read the same rows of the`,
      "same files and make the same JSON of them, without metrics, request ids, entity tags or a deadline;",
      "only Fastify validates. CPU: the servers' a request.",
    ],
    columns: ["", "requests/s", "spread", "of bare", "p50 ms", "p99 ms", "CPU µs"],
    rows,
    targets: [{ what: `${title}, of bare`, ratio: own / bare, atLeast }],
  };
}
