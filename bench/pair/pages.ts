/** `GET /orders?user_id=`: the first and the hundredth page in small and large tables. */
import { join } from "node:path";

import { COLUMNS, compare, HOW, named, row, type Server } from "../comparison.ts";
import { backends, startDurablePostgres } from "../postgres.ts";
import { count, type Report } from "../report.ts";
import type { SuiteOptions } from "../rounds.ts";
import { seededFile, startService } from "../services.ts";
import { fill, LARGE, LIMIT, ORDERS_PER_USER, pagePath, SMALL } from "./pages-of-orders.ts";

const ENGINES = ["SQLite", "Postgres"];
const PAGES = [1, 100];
const CONNECTIONS = 8;

export async function comparePages({ folder, builds, ...options }: SuiteOptions): Promise<Report> {
  const [build] = builds;
  const users = await startService(build, "users", {
    DATABASE_URL: `sqlite://${await seededFile(build, "users", folder)}`,
  });
  const postgres = await startDurablePostgres();
  const servers: Server[] = [];
  for (const engine of ENGINES) {
    for (const size of [SMALL, LARGE]) {
      options.say(`writing ${count(size)} orders into ${engine}`);
      const isPostgres = engine === "Postgres";
      const database = isPostgres
        ? await postgres.freshUrl()
        : `sqlite://${join(folder, `${size}.db`)}`;
      await fill(database, size);
      const { url, pid } = await startService(build, "orders", {
        DATABASE_URL: database,
        USERS_URL: users.url,
      });
      const pids = async () => [users.pid, pid, ...(isPostgres ? await backends(database) : [])];
      for (const page of PAGES) {
        const name = nameOf({ engine, size, page });
        const path = await pagePath(page, (path) => fetch(`${url}${path}`));
        servers.push({ name, url: `${url}${path}`, connections: CONNECTIONS, pids });
      }
    }
  }
  const measured = await compare(servers, options);
  await postgres.stop();

  const costOf = (place: Place) => named(measured, nameOf(place)).cpuMicros;
  return {
    title: "GET /orders?user_id=, page and size",
    notes: [
      `${CONNECTIONS} connections, ${LIMIT} orders per page, ${count(ORDERS_PER_USER)} per user; both services`,
      "on one core, wrk on the other, Postgres on both. The processor time of Postgres is counted.",
      ...HOW,
    ],
    columns: ["", ...COLUMNS],
    rows: measured.map((one) => row(one)),
    targets: ENGINES.flatMap((engine) =>
      PAGES.map((page) => ({
        what: `page ${page} on ${engine}, processor time with ${count(LARGE)} orders of that with ${count(SMALL)}`,
        ratio: costOf({ engine, size: LARGE, page }) / costOf({ engine, size: SMALL, page }),
        atMost: 1.1,
      })),
    ),
  };
}

interface Place {
  engine: string;
  size: number;
  page: number;
}

function nameOf({ engine, size, page }: Place): string {
  return `${engine}, page ${page} of ${count(size)} orders`;
}
