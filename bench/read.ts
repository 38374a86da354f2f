/** `GET /users/{id}`, compared with other servers that do the same work. */
import { COLUMNS, compare, COPIES, HOW, named, row, type Server, speedOf } from "./comparison.ts";
import { BARE, BARE_ROUTES, frameworks, goPair, NO_GO, startPeer } from "./peers.ts";
import type { Started } from "./processes.ts";
import { assertSameBytes, headersOf } from "./reference.ts";
import type { Report } from "./report.ts";
import type { SuiteOptions } from "./rounds.ts";
import { seededFile, startService } from "./services.ts";

const PATH = "/users/1";
const CONNECTIONS = 32;
const REFERENCE = "reference: bare, same bytes";

export async function compareReads({ folder, builds, ...options }: SuiteOptions): Promise<Report> {
  const servers: Server[] = [];
  const [{ name: own }] = builds;
  const add = (name: string, { url, pid }: Started) =>
    servers.push({ name, url: `${url}${PATH}`, connections: CONNECTIONS, pids: () => [pid] });

  const { hono, fastify } = await frameworks();
  const go = await goPair(folder);
  for (let copy = 1; copy <= COPIES; copy += 1) {
    for (const build of builds) {
      const file = await seededFile(build, "users", folder);
      add(build.name, await startService(build, "users", { DATABASE_URL: `sqlite://${file}` }));
    }
    const file = await seededFile(builds[0], "users", folder);
    const headers = headersOf(await fetch(named(servers, own).url));
    add(REFERENCE, await startPeer(BARE, "users", { file, headers }));
    add("bare Bun.serve", await startPeer(BARE, "users", { file }));
    add("bare, native routes", await startPeer(BARE_ROUTES, "users", { file }));
    add("Hono on Bun", await startPeer(hono, "users", { file }));
    add("Fastify on Node", await startPeer(fastify, "users", { file }));
    if (go) add("Go, from memory", await startPeer(go, "users"));
  }
  await assertSameBytes(named(servers, own).url, named(servers, REFERENCE).url);

  const measured = await compare(servers, options);
  const reference = named(measured, REFERENCE);
  return {
    title: "GET /users/{id}",
    notes: [
      `${CONNECTIONS} connections, servers on one core, wrk on the other. The peers read the same row of the same`,
      "file and send the same JSON, without metrics, request ids or entity tags; only Fastify validates.",
      ...(go ? [] : [NO_GO]),
      ...HOW,
    ],
    columns: ["", "of reference", ...COLUMNS],
    rows: measured.map((one) => row(one, speedOf(one, reference))),
    targets: [
      {
        what: "GET /users/{id}, of a bare server that sends the same bytes",
        ratio: speedOf(named(measured, own), reference),
        atLeast: 0.8,
      },
    ],
  };
}
