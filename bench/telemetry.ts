/** `GET /users/{id}` with lines of the log and traces on and off: what each takes of a read. */
import { COLUMNS, compare, HOW, named, row, type Server, speedOf } from "./comparison.ts";
import type { Report } from "./report.ts";
import type { SuiteOptions } from "./rounds.ts";
import { seededFile, startService } from "./services.ts";

const CONNECTIONS = 32;
const AS_IT_COMES = "as it comes: a line a request";
const OFF = "no line a request";

export async function compareTelemetry({
  folder,
  builds,
  ...options
}: SuiteOptions): Promise<Report> {
  using collector = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      await request.arrayBuffer();
      return Response.json({});
    },
  });
  const [build] = builds;
  const file = await seededFile(build, "users", folder);
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url.href };
  const sampled = {
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.01",
  };
  const servers: Server[] = [];
  for (const [name, environment] of [
    [OFF, { LOG_REQUESTS: "off" }],
    [AS_IT_COMES, {}],
    ["with traces, one in a hundred recorded", { ...traced, ...sampled }],
    ["with traces, all recorded", traced],
  ] as const) {
    const { url, pid } = await startService(build, "users", {
      DATABASE_URL: `sqlite://${file}`,
      ...environment,
    });
    servers.push({
      name,
      url: `${url}/users/1`,
      connections: CONNECTIONS,
      pids: () => [pid],
    });
  }
  const measured = await compare(servers, options);
  const off = named(measured, OFF);
  return {
    title: "GET /users/{id}, with lines of the log and traces",
    notes: [
      `${CONNECTIONS} connections. Metrics and request ids are always there. What a queue of spans cannot take is`,
      "dropped and counted, so that with all recorded the figure is of a service that drops most of them.",
      ...HOW,
    ],
    columns: ["", "of no line", ...COLUMNS],
    rows: measured.map((one) => row(one, speedOf(one, off))),
    targets: [
      {
        what: "GET /users/{id} with a line a request, of one without",
        ratio: speedOf(named(measured, AS_IT_COMES), off),
        atLeast: 0.9,
      },
    ],
  };
}
