/** Every statement that the services send, and its plan on large tables. */
import { service as orders } from "../../orders/service.ts";
import type { App } from "../../platform/command/service.ts";
import type { Database, Row, Statement, Value } from "../../platform/database/database.ts";
import { sweepKeys } from "../../platform/http/idempotency.ts";
import { readConfig } from "../../platform/process/config.ts";
import { silent } from "../../platform/process/log.ts";
import { createMetrics } from "../../platform/process/metrics.ts";
import type { ServiceName } from "../../services.ts";
import { service as users } from "../../users/service.ts";
import { json } from "./ask.ts";
import { explain } from "./engines.ts";

/** Statements by their text, each with the values that it was sent with. */
export type Recorded = Map<string, readonly Value[]>;

/** The requests that reach every route, in order. `ID` is what the POST created. */
const REQUESTS = {
  users: [
    ["/users", json("POST", { name: "Carol", email: "carol@example.com" }, key("1"))],
    ["/users", json("POST", { name: "Carol", email: "carol@example.com" }, key("2"))],
    ["/users"],
    ["/users?email=carol@example.com"],
    ["/users/ID"],
    ["/users/ID", json("PATCH", { name: "Caroline" })],
    ["/users/ID", { method: "DELETE" }],
  ],
  orders: [
    ["/orders", json("POST", { user_id: "1", amount: 12.5 }, key("1"))],
    ["/orders?user_id=1"],
    ["/orders?user_id=1&status=pending"],
    ["/orders"],
    ["/orders?status=pending"],
    ["/orders/ID"],
    ["/orders/ID", json("PATCH", { status: "paid" })],
  ],
} as const satisfies Record<ServiceName, readonly (readonly [string, RequestInit?])[]>;

const USER = {
  id: "1",
  name: "Alice",
  email: "alice@example.com",
  created_at: "2026-01-02T03:04:05.000Z",
  updated_at: "2026-01-02T03:04:05.000Z",
};

function key(value: string) {
  return { "idempotency-key": `"${value}"` };
}

export interface Played {
  /** The routes of the app, such as `GET /users/:id`, apart from those for operators. */
  routes: string[];
  /** The routes that were requested. */
  requested: string[];
  recorded: Recorded;
}

/** Plays requests for every route of a service, its seed and its sweep, and records what it sends. */
export async function play(name: ServiceName, database: Database): Promise<Played> {
  const recorded: Recorded = new Map();
  const { app, seed } = await openApp(name, recording(database, recorded));
  await seed();
  const routes = app.routes
    .map(({ method, path }) => `${method} ${path}`)
    .filter((route) => route.includes(` /${name}`) && !route.startsWith("ALL"));
  const requested: string[] = [];
  let id = "";
  for (const [path, init] of REQUESTS[name]) {
    const target = new Request(`http://localhost${path.replace("ID", id)}`, init);
    const response = await app.handle(target);
    const { id: created } = (await response.json().catch(() => ({}))) as { id?: string };
    if (response.status === 201) id = created ?? "";
    else if (response.status >= 400 && response.status !== 409) {
      throw new Error(`${path}: ${response.status}`);
    }
    const route = path.replace("ID", ":id").replace(/\?.*/, "");
    requested.push(`${init?.method ?? "GET"} ${route}`);
  }
  await sweepKeys(recording(database, recorded), Date.now());
  return { routes, requested: [...new Set(requested)], recorded };
}

async function openApp(name: ServiceName, database: Database) {
  const parts = {
    database,
    log: silent,
    metrics: createMetrics(),
    draining: () => false,
    now: Date.now,
    // Every user exists.
    fetch: async () => Response.json(USER),
    peerOf: () => "",
  };
  const nowhere = { say() {}, progress() {}, print() {} };
  const app: App =
    name === "users"
      ? await users.createApp({ ...parts, config: readConfig(users.config, {}) })
      : await orders.createApp({ ...parts, config: readConfig(orders.config, {}) });
  const { seed } = name === "users" ? users : orders;
  return { app, seed: () => seed(database, {}, nowhere) };
}

/** Passes everything on, and remembers each statement. */
function recording(database: Database, recorded: Recorded): Database {
  return {
    ...database,
    read<R extends Row>(text: string, values: readonly Value[]) {
      recorded.set(text, values);
      return database.read<R>(text, values);
    },
    write<R extends Row>(unit: readonly Statement[]) {
      for (const { text, values } of unit) recorded.set(text, values);
      return database.write<R>(unit);
    },
  };
}

/** Returns what is wrong with the plans of these statements; nothing if each uses an index. */
export async function faultsIn(database: Database, recorded: Recorded): Promise<string[]> {
  const faults: string[] = [];
  for (const [text, values] of recorded) {
    const plan = await explain(database, { text, values });
    const fault = faultOf(plan, text);
    if (fault) faults.push(`${fault} in ${text.trim().replaceAll(/\s+/g, " ")}\n${plan}`);
  }
  return faults;
}

function faultOf(plan: string, text: string): string | undefined {
  if (/\bSeq Scan|^SCAN (?!.* USING )(?!oldest|CONSTANT)/m.test(plan)) return "a scan of a table";
  if (/\bSort\b|TEMP B-TREE/.test(plan)) return "a sort";
  const scans = plan.match(/Index (?:Only )?Scan|^SCAN .* USING /gm)?.length ?? 0;
  const conditions = plan.match(/Index Cond/g)?.length ?? 0;
  const isFirst = text.endsWith("ORDER BY id LIMIT 1");
  return scans > conditions && !isFirst ? "a scan of an index" : undefined;
}

/** By SQL, with rows whose age has nothing to do with their place on the disk. */
const FILL: Record<string, string> = {
  users: `
    INSERT INTO users (id, name, email, version, created_at, updated_at)
    SELECT 'filled-' || n, 'Carol', 'carol.' || n || '@example.com', 1, (n * 7919) % ROWS, n
    FROM series`,
  orders: `
    INSERT INTO orders
      (id, user_id, amount_minor, currency, status, note, version, created_at, updated_at)
    SELECT 'filled-' || n, 'filled-' || (n % 1000), 1250, 'EUR',
      CASE n % 3 WHEN 0 THEN 'paid' WHEN 1 THEN 'pending' ELSE 'shipped' END,
      NULL, 1, (n * 7919) % ROWS, n
    FROM series`,
  idempotency_keys: `
    INSERT INTO idempotency_keys (caller, key, fingerprint, resource_id, answer, created_at)
    SELECT 'caller-' || (n % 100), 'key-' || n, 'x', 'filled-' || n, '{}', (n * 7919) % ROWS
    FROM series`,
};

/** Fills the tables that the database has with `count` rows each. */
export async function fill(database: Database, name: ServiceName, count: number): Promise<void> {
  await database.write([fillOf(name, count), fillOf("idempotency_keys", count)]);
  await database.write([{ text: "ANALYZE", values: [] }]);
}

function fillOf(table: string, count: number): Statement {
  const fill = (FILL[table] ?? "").replaceAll("ROWS", String(count));
  const series = `WITH RECURSIVE series (n) AS (
    SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < ${count})`;
  return { text: fill.replace("SELECT", `${series}\nSELECT`), values: [] };
}
