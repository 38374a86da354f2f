/** `GET /orders?user_id=1`, which calls `users`, compared with other pairs and a single server. */
import type { ServiceName } from "../../services.ts";
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
import { type Build, seededFile, startService } from "../services.ts";
import { BARE, frameworks, goPair, NO_GO, type Peer, startPeer } from "./peers.ts";

const PATH = "/orders?user_id=1";
const CONNECTIONS = 32;
const ALONE = "bare, asks nobody";
const ALONE_SAME_BYTES = "reference: the same, same bytes";
const BARE_PAIR = "bare pair";
const GO_PAIR = "Go pair, from memory";

export async function compareHops({ folder, builds, ...options }: SuiteOptions): Promise<Report> {
  const servers: Server[] = [];
  const add = (name: string, { url, pid }: Started, users?: Started) =>
    servers.push({
      name,
      url: `${url}${PATH}`,
      connections: CONNECTIONS,
      pids: () => (users ? [pid, users.pid] : [pid]),
    });

  const [build] = builds;
  const usersFile = await seededFile(build, "users", folder);
  const file = await seededFile(build, "orders", folder);
  const { hono, fastify } = await frameworks();
  const go = await goPair(folder);

  async function addServices(build: Build): Promise<void> {
    const urlOf = async (service: ServiceName) =>
      `sqlite://${await seededFile(build, service, folder)}`;
    const users = await startService(build, "users", { DATABASE_URL: await urlOf("users") });
    const environment = { DATABASE_URL: await urlOf("orders"), USERS_URL: users.url };
    add(build.name, await startService(build, "orders", environment), users);
    const never = { ...environment, USERS_CACHE_TTL_MS: "0" };
    add(uncached(build.name), await startService(build, "orders", never), users);
  }

  async function addPair(name: string, peer: Peer): Promise<void> {
    const users = await startPeer(peer, "users", { file: usersFile });
    add(name, await startPeer(peer, "orders", { file, usersUrl: users.url }), users);
  }

  for (let copy = 1; copy <= COPIES; copy += 1) {
    for (const one of builds) await addServices(one);
    const headers = headersOf(await fetch(named(servers, build.name).url));
    add(ALONE_SAME_BYTES, await startPeer(BARE, "orders", { file, headers }));
    add(ALONE, await startPeer(BARE, "orders", { file }));
    await addPair(BARE_PAIR, BARE);
    await addPair("Hono on Bun, a pair", hono);
    await addPair("Fastify on Node, a pair", fastify);
    if (go) {
      const users = await startPeer(go, "users");
      add(GO_PAIR, await startPeer(go, "orders", { usersUrl: users.url }), users);
    }
  }
  await assertSameBytes(named(servers, build.name).url, named(servers, ALONE_SAME_BYTES).url);

  const measured = await compare(servers, options);
  const [alone, pair] = [named(measured, ALONE_SAME_BYTES), named(measured, BARE_PAIR)];
  const of = (name: string, other: string) =>
    speedOf(named(measured, name), named(measured, other));
  const cached = build.name;
  return {
    title: "GET /orders?user_id=1",
    notes: [
      `${CONNECTIONS} connections, both services of a pair on one core, wrk on the other. \`orders\` calls \`users\``,
      "once per second with the defaults, and each time without a cache, as the peers do. The peers read",
      "the same rows of the same files and send the same JSON; only Fastify validates.",
      ...(go ? [] : [NO_GO]),
      ...HOW,
    ],
    columns: ["", "of reference", "pairs", "of the pair", ...COLUMNS],
    rows: measured.map((one) =>
      row(one, speedOf(one, alone), pairedSpeedOf(one, alone), speedOf(one, pair)),
    ),
    targets: [
      {
        what: "GET /orders?user_id=1, of a bare server that asks nobody and sends the same bytes",
        ratio: of(cached, ALONE_SAME_BYTES),
        atLeast: 0.72,
      },
      ...(go
        ? [
            {
              what: "GET /orders?user_id=1, of a pair in Go",
              ratio: of(cached, GO_PAIR),
              atLeast: 2.5,
            },
          ]
        : []),
      {
        what: "GET /orders?user_id=1 without a cache, of a bare pair",
        ratio: of(uncached(cached), BARE_PAIR),
        atLeast: 0.75,
      },
    ],
  };
}

function uncached(name: string): string {
  return `${name}, no cache`;
}
