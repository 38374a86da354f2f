/** `GET /users/{id}`, compared with other servers that do the same work. */
import {
  COLUMNS,
  compare,
  COPIES,
  HOW,
  named,
  pairedSpeedOf,
  row,
  type Server,
  speedOf,
} from "../comparison.ts";
import type { Started } from "../processes.ts";
import { assertSameBytes, headersOf } from "../reference.ts";
import type { Report } from "../report.ts";
import type { SuiteOptions } from "../rounds.ts";
import { seededFile, startService } from "../services.ts";
import { BARE, BARE_ROUTES, frameworks, goPair, NO_GO, startPeer } from "./peers.ts";

const PATH = "/users/1";
const CONNECTIONS = 32;
const REFERENCE = "reference: bare, same bytes";
const PEER = "Elysia with plugins";

export async function compareReads({ folder, builds, ...options }: SuiteOptions): Promise<Report> {
  const servers: Server[] = [];
  const [{ name: own }] = builds;
  const add = (name: string, { url, pid }: Started) =>
    servers.push({ name, url: `${url}${PATH}`, connections: CONNECTIONS, pids: () => [pid] });

  const { elysia, hono, fastify } = await frameworks();
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
    add(PEER, await startPeer(elysia, "users", { file }));
    add("Hono on Bun", await startPeer(hono, "users", { file }));
    add("Fastify on Node", await startPeer(fastify, "users", { file }));
    if (go) add("Go, from memory", await startPeer(go, "users"));
  }
  await assertSameBytes(named(servers, own).url, named(servers, REFERENCE).url);

  const measured = await compare(servers, options);
  const [service, reference] = [named(measured, own), named(measured, REFERENCE)];
  return {
    title: "GET /users/{id}",
    notes: [
      `${CONNECTIONS} connections, servers on one core, wrk on the other. The peers read the same row of the same`,
      "file and send the same JSON. Elysia with plugins also logs, counts, checks, and sends an id and an",
      "entity tag; the others do none of that, except that Fastify validates.",
      ...(go ? [] : [NO_GO]),
      ...HOW,
    ],
    columns: ["", "of reference", "pairs", ...COLUMNS],
    rows: measured.map((one) => row(one, speedOf(one, reference), pairedSpeedOf(one, reference))),
    targets: [
      {
        what: "GET /users/{id}, of a bare server that sends the same bytes",
        ratio: speedOf(service, reference),
        atLeast: 0.82,
      },
      {
        what: "the same by the median of pairs",
        ratio: pairedSpeedOf(service, reference),
        atLeast: 0.78,
      },
      {
        what: "GET /users/{id}, processor time of that of Elysia with plugins",
        ratio: speedOf(named(measured, PEER), service),
        atMost: 0.7,
      },
    ],
  };
}
