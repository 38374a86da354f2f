/** `GET /users/{id}` on Postgres, compared with a bare server that sends the same statement. */
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
import { startDurablePostgres } from "../postgres.ts";
import { output, type Started } from "../processes.ts";
import { assertSameBytes, headersOf } from "../reference.ts";
import type { Report } from "../report.ts";
import type { SuiteOptions } from "../rounds.ts";
import { executable, startService } from "../services.ts";
import { BARE_POSTGRES, startPeer } from "./peers.ts";

const PATH = "/users/1";
const CONNECTIONS = 32;
const REFERENCE = "reference: bare, same bytes";

export async function comparePostgresReads({ builds, ...options }: SuiteOptions): Promise<Report> {
  const postgres = await startDurablePostgres();
  const servers: Server[] = [];
  const [{ name: own }] = builds;
  const add = (name: string, { url, pid }: Started) =>
    servers.push({ name, url: `${url}${PATH}`, connections: CONNECTIONS, pids: () => [pid] });

  const urls = new Map<string, string>();
  for (const build of builds) {
    const url = await postgres.freshUrl();
    await output(["env", "-i", `DATABASE_URL=${url}`, executable(build, "users"), "seed"]);
    urls.set(build.name, url);
  }
  for (let copy = 1; copy <= COPIES; copy += 1) {
    for (const build of builds) {
      const DATABASE_URL = urls.get(build.name) ?? "";
      add(build.name, await startService(build, "users", { DATABASE_URL }));
    }
    const headers = headersOf(await fetch(named(servers, own).url));
    const file = urls.get(own) ?? "";
    add(REFERENCE, await startPeer(BARE_POSTGRES, "users", { file, headers }));
  }
  await assertSameBytes(named(servers, own).url, named(servers, REFERENCE).url);

  const measured = await compare(servers, options);
  await postgres.stop();
  const reference = named(measured, REFERENCE);
  return {
    title: "GET /users/{id} on Postgres",
    notes: [
      `${CONNECTIONS} connections, 10 to Postgres, which may use both cores. Its processor time is not counted:`,
      "it executes the same statement for both.",
      ...HOW,
    ],
    columns: ["", "of reference", "pairs", ...COLUMNS],
    rows: measured.map((one) => row(one, speedOf(one, reference), pairedSpeedOf(one, reference))),
    targets: [
      {
        what: "GET /users/{id} on Postgres, of a bare server with the same statement and bytes",
        ratio: speedOf(named(measured, own), reference),
        atLeast: 0.8,
      },
    ],
  };
}
