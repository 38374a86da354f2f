/** Durable `POST /orders`, and the effects of durability and of the group commit. */
import { join } from "node:path";

import {
  COLUMNS,
  compare,
  HOW,
  type Measured,
  named,
  row,
  type Server,
  speedOf,
} from "../comparison.ts";
import { compile } from "../compile.ts";
import { backends, startDurablePostgres } from "../postgres.ts";
import { CORE, type Started, startServer } from "../processes.ts";
import type { Report, Target } from "../report.ts";
import type { SuiteOptions } from "../rounds.ts";
import { type Build, executable, seededFile, startService } from "../services.ts";

const CONNECTIONS = [1, 8, 64, 256];
/** Number of connections for the targets. */
const CROWD = 64;
const OFF = "synchronous = OFF";
const SINGLE = "a commit a request";
const POSTGRES = "Postgres";

const SCRIPT = join(import.meta.dir, "orders.lua");

export async function compareWrites({ folder, builds, ...options }: SuiteOptions): Promise<Report> {
  const [build] = builds;
  const users = await startServer([executable(build, "users")], {
    environment: { DATABASE_URL: `sqlite://${await seededFile(build, "users", folder)}` },
    core: CORE.load,
  });
  const program = await compile("pair/orders-variant.ts", join(folder, "orders-variant"));
  const variant = (name: string, sqlite: object) =>
    startServer([program, join(folder, `${name}.db`), users.url, JSON.stringify(sqlite)]);
  const service = (one: Build, url: string) =>
    startService(one, "orders", { DATABASE_URL: url, USERS_URL: users.url });
  const postgres = await startDurablePostgres();
  const postgresUrl = await postgres.freshUrl();

  const started = new Map<string, Started>();
  for (const one of builds) {
    const url = `sqlite://${join(folder, `${one.name}-written.db`)}`;
    started.set(one.name, await service(one, url));
  }
  started.set(OFF, await variant("off", { synchronous: "OFF" }));
  started.set(SINGLE, await variant("single", { batchUnitsMax: 1 }));
  started.set(POSTGRES, await service(build, postgresUrl));

  const at = (connections: number) =>
    Array.from(started, ([name, { url, pid }]): Server => ({
      name,
      url: `${url}/orders`,
      script: SCRIPT,
      connections,
      pids: async () => [pid, ...(name === POSTGRES ? await backends(postgresUrl) : [])],
    }));
  const rows: string[][] = [];
  let targets: Target[] = [];
  for (const connections of CONNECTIONS) {
    options.say(`POST /orders over ${connections} connections`);
    const measured = await compare(at(connections), options);
    const off = named(measured, OFF);
    rows.push(
      [`over ${connections} connections`],
      ...measured.map((one) => row(one, speedOf(one, off))),
    );
    if (connections === CROWD) targets = targetsOf(measured, builds);
  }
  await postgres.stop();
  return {
    title: "POST /orders, durable",
    notes: [
      "`orders` on one core, `users` and wrk on the other, Postgres (fsync on) on both. The processor time",
      "of Postgres is counted. Every body is different; there is no Idempotency-Key.",
      ...HOW,
    ],
    columns: ["", "of OFF", ...COLUMNS],
    rows,
    targets,
  };
}

function targetsOf(
  measured: readonly Measured[],
  [build, ...others]: SuiteOptions["builds"],
): Target[] {
  const own = named(measured, build.name);
  const of = (name: string) => speedOf(own, named(measured, name));
  const what = `POST /orders at ${CROWD} connections`;
  return [
    { what: `${what}, of ${OFF}`, ratio: of(OFF), atLeast: 0.95 },
    { what: `${what}, of ${SINGLE}`, ratio: of(SINGLE), atLeast: 4 },
    ...others.map(({ name }) => ({
      what: `${what}, processor time of that of ${name}`,
      ratio: 1 / of(name),
      atMost: 0.5,
    })),
  ];
}
