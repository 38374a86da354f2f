/** The cost of log, metrics and traces: `GET /users/{id}` with and without them. */
import { join } from "node:path";

import { COLUMNS, compare, COPIES, HOW, named, row, type Server, speedOf } from "../comparison.ts";
import { compile } from "../compile.ts";
import { startServer } from "../processes.ts";
import type { Report } from "../report.ts";
import type { SuiteOptions } from "../rounds.ts";
import { executable, seededFile } from "../services.ts";

const CONNECTIONS = 32;
const QUIET = { LOG_REQUESTS: "off" };
const NEITHER = "neither log nor metrics";

export async function compareTelemetry({
  folder,
  builds,
  ...options
}: SuiteOptions): Promise<Report> {
  // In this process, which has no core of its own; only the time of the server counts.
  using collector = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json({}) });
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url.origin };
  const sampled = { ...traced, OTEL_TRACES_SAMPLER: "parentbased_traceidratio" };
  const uncounted = await compile("pair/users-uncounted.ts", join(folder, "users-uncounted"));

  const servers: Server[] = [];
  async function add(name: string, environment: Record<string, string>, build = builds[0]) {
    const program = name.includes("metrics") ? uncounted : executable(build, "users");
    const file = await seededFile(build, "users", folder);
    const { url, pid } = await startServer([program], {
      environment: { DATABASE_URL: `sqlite://${file}`, ...environment },
    });
    servers.push({ name, url: `${url}/users/1`, connections: CONNECTIONS, pids: () => [pid] });
  }
  for (let copy = 1; copy <= COPIES; copy += 1) {
    for (const build of builds) await add(build.name, {}, build);
    await add("no line a request", QUIET);
    await add("no metrics", {});
    await add(NEITHER, QUIET);
    await add("traces, 1 in 100", { ...sampled, OTEL_TRACES_SAMPLER_ARG: "0.01" });
    await add("traces, every one", traced);
  }

  const measured = await compare(servers, options);
  const own = named(measured, builds[0].name);
  return {
    title: "GET /users/{id}, with and without log, metrics and traces",
    notes: [
      `${CONNECTIONS} connections. A read has two spans; spans that do not fit into the queue are dropped.`,
      "Without metrics, nothing is counted and only the duration of the request is measured.",
      ...HOW,
    ],
    columns: ["", "of the service", ...COLUMNS],
    rows: measured.map((one) => row(one, speedOf(one, own))),
    targets: [
      {
        what: "GET /users/{id}, of the same without log and metrics",
        ratio: speedOf(own, named(measured, NEITHER)),
        atLeast: 0.9,
      },
    ],
  };
}
