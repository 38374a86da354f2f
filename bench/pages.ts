/** `GET /orders?user_id=`: pages near and far, in small and large tables, on both engines. */
import { join } from "node:path";

import { migrations } from "../orders/migrations.ts";
import { openDatabase } from "../shared/database/open-database.ts";
import { startDurablePostgres } from "./postgres.ts";
import { startServer } from "./processes.ts";
import { count, percent, type Report } from "./report.ts";
import { alternate, median, spread, type SuiteOptions } from "./rounds.ts";
import { mainOf, seededFile } from "./services.ts";
import { load } from "./wrk.ts";

const SIZES = [1_000, 1_000_000];
/** Every user has as many, so that the page asked for is the same in every table. */
const ORDERS_PER_USER = 1_000;
/** The hundredth page is not the last one. */
const LIMIT = 9;
const PAGES = [1, 100];
const CONNECTIONS = 8;
const ROWS_PER_STATEMENT = 20_000;

interface Place {
  engine: string;
  size: number;
  page: number;
  url: string;
  pids: number[];
}

export async function comparePages({ folder, seconds, ...rounds }: SuiteOptions): Promise<Report> {
  const { say } = rounds;
  const users = await startServer(mainOf("users"), {
    environment: { DATABASE_URL: `sqlite://${await seededFile("users", folder)}` },
  });
  const postgres = await startDurablePostgres();
  const places: Place[] = [];
  const servers = [users];
  for (const engine of ["SQLite", "Postgres"]) {
    for (const size of SIZES) {
      say(`writing ${count(size)} orders into ${engine}`);
      const database =
        engine === "SQLite" ? `sqlite://${join(folder, `${size}.db`)}` : await postgres.freshUrl();
      await fill(database, size);
      const server = await startServer(mainOf("orders"), {
        environment: { DATABASE_URL: database, USERS_URL: users.url },
      });
      servers.push(server);
      for (const page of PAGES) {
        const url = await urlOf(server.url, page);
        places.push({ engine, size, page, url, pids: [users.pid, server.pid] });
      }
    }
  }
  const samples = await alternate(
    places.map(({ engine, size, page, url, pids }) => ({
      name: `page ${page} of ${count(size)} on ${engine}`,
      measure: () => load({ url, connections: CONNECTIONS, seconds, pids }),
    })),
    rounds,
  );
  for (const { stop } of [...servers, postgres]) await stop();

  const medians = samples.map((own) => median(own.map(({ medianMs }) => medianMs)));
  const found = places.map((place, index) => ({ ...place, medianMs: medians[index] ?? 0 }));
  const pairs = found
    .filter(({ size }) => size === SIZES[0])
    .map((small) => ({
      small,
      large: found.find(
        ({ engine, page, size }) =>
          engine === small.engine && page === small.page && size === SIZES[1],
      ),
    }));
  return {
    title: "GET /orders?user_id=, page and size",
    notes: [
      `${CONNECTIONS} connections, ${LIMIT} orders a page, ${count(ORDERS_PER_USER)} of each user; both`,
      "services on one core, wrk on the other, Postgres on both.",
    ],
    columns: ["", "orders in the table", "page", "p50 ms", "spread", "p99 ms", "requests/s"],
    rows: places.map(({ engine, size, page }, index) => {
      const own = samples[index] ?? [];
      return [
        engine,
        count(size),
        String(page),
        (medians[index] ?? 0).toFixed(2),
        percent(spread(own.map(({ medianMs }) => medianMs))),
        median(own.map(({ p99Ms }) => p99Ms)).toFixed(2),
        count(median(own.map(({ requestsPerSecond }) => requestsPerSecond))),
      ];
    }),
    targets: pairs.map(({ small, large }) => ({
      what: `page ${small.page} on ${small.engine}, p50 with ${count(SIZES[1] ?? 0)} orders of that with ${count(small.size)}`,
      ratio: (large?.medianMs ?? 0) / small.medianMs,
      under: 1.25,
    })),
  };
}

/** Orders that lie among those of all other users, as time would have it. */
async function fill(url: string, size: number): Promise<void> {
  const database = await openDatabase(url);
  await database.migrate(migrations);
  for (let from = 1; from <= size; from += ROWS_PER_STATEMENT) {
    const to = Math.min(from + ROWS_PER_STATEMENT - 1, size);
    await database.write([
      { text: FILL, values: [from, to, size / ORDERS_PER_USER, Date.UTC(2026, 0, 1)] },
    ]);
  }
  await database.close();
}

const FILL = `
  INSERT INTO orders
    (id, user_id, amount_minor, currency, status, note, version, created_at, updated_at)
  WITH RECURSIVE numbers (n) AS (
    SELECT CAST($1 AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < $2
  )
  SELECT CAST(n AS TEXT), CAST(1 + n % $3 AS TEXT), n, 'EUR', 'pending', NULL, 1, $4 + n, $4 + n
  FROM numbers`;

/** The URL of a page of user 1, found as clients find it: by the links. */
async function urlOf(base: string, page: number): Promise<string> {
  let path = `/orders?user_id=1&limit=${LIMIT}`;
  for (let at = 1; at < page; at += 1) {
    const answer = await fetch(`${base}${path}`);
    const next = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
    if (!next) throw new Error(`No page after page ${at}: ${answer.status} ${await answer.text()}`);
    path = next;
  }
  return `${base}${path}`;
}
