/** Every statement that the services send, and its plan on large tables. */
import type { Database, Row, Statement, Value } from "../../platform/database/database.ts";
import { sweepKeys } from "../../platform/http/idempotency.ts";
import { readConfig } from "../../platform/process/config.ts";
import { silent } from "../../platform/process/log.ts";
import { createMetrics } from "../../platform/process/metrics.ts";
import { serveCalleesOf } from "./apps.ts";
import { json } from "./ask.ts";
import { explain } from "./engines.ts";
import {
  bodiesOf,
  creationOf,
  newBody,
  queriesOf,
  type Resource,
  type Route,
  type Shown,
  wordsOfField,
} from "./resources.ts";
import { definitionOf } from "./services.ts";

/** Statements by their text, each with the values that it was sent with. */
export type Recorded = Map<string, readonly Value[]>;

export interface Played {
  /** The routes of the app, such as `GET /things/:id`, apart from those for operators. */
  routes: string[];
  /** The routes that were requested. */
  requested: string[];
  recorded: Recorded;
}

/** Plays requests for every route of a service, its seed and its sweep, and records what it sends. */
export async function play(resource: Resource, database: Database): Promise<Played> {
  const recorded: Recorded = new Map();
  const { service, table } = resource;
  const callees = await serveCalleesOf(service);
  const definition = await definitionOf(service);
  const app = await definition.createApp({
    database: recording(database, recorded),
    config: readConfig(definition.config, callees.environment),
    log: silent,
    metrics: createMetrics(),
    draining: () => false,
    now: Date.now,
    fetch,
    peerOf: () => "",
  });
  await definition.seed(recording(database, recorded), {}, nowhere);
  const routes = app.routes
    .map(({ method, path }) => `${method} ${path}`)
    .filter((route) => route.includes(` /${table.name}`) && !route.startsWith("ALL"));
  const requested: string[] = [];
  async function send(route: Route, path: string, init: RequestInit = {}): Promise<Shown> {
    const { method } = route;
    const response = await app.handle(new Request(`http://localhost${path}`, { method, ...init }));
    if (response.status >= 400 && response.status !== 409) {
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    }
    requested.push(`${method} ${route.path.replace("{id}", ":id")}`);
    return (await response.json().catch(() => ({}))) as Shown;
  }
  const creation = creationOf(resource);
  const body = newBody(resource, 1, "1");
  const shown = await send(creation, creation.path, json("POST", body, key("1")));
  // What exists already may be in the way.
  await send(creation, creation.path, json("POST", body, key("2")));
  const others = resource.routes.filter((route) => route !== creation);
  for (const route of others.toSorted((a, b) => orderOf(a) - orderOf(b))) {
    const [change] = bodiesOf(resource, route);
    const init = change ? json(route.method, change) : {};
    for (const query of queriesOf(resource, route, shown)) {
      await send(route, `${route.path.replace("{id}", shown.id)}${query}`, init);
    }
  }
  await sweepKeys(recording(database, recorded), Date.now());
  await callees.stop();
  return { routes, requested: [...new Set(requested)], recorded };
}

function key(value: string) {
  return { "idempotency-key": `"${value}"` };
}

/** Reads before changes, and the removal at last. */
function orderOf({ method }: Route): number {
  return ["GET", "PATCH", "PUT", "POST", "DELETE"].indexOf(method);
}

const nowhere = { say() {}, progress() {}, print() {} };

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

/**
 * Fills the table of a resource, which has its demo data, and that of the keys with `count` rows each,
 * whose age has nothing to do with their place on the disk.
 */
export async function fill(database: Database, resource: Resource, count: number): Promise<void> {
  const { name } = resource.table;
  const [row = {}] = await database.read(`SELECT * FROM ${name} WHERE id = '1'`, []);
  const like = Object.entries(row).map(([column, value]) => [column, varied(column, value)]);
  await database.write([
    filling(name, like as [string, string][]),
    filling("idempotency_keys", [
      ["caller", "'caller-' || (n % 100)"],
      ["key", "'key-' || n"],
      ["fingerprint", "'x'"],
      ["resource_id", "'filled-' || n"],
      ["answer", "'{}'"],
      ["created_at", `(n * 7919) % ${count}`],
    ]),
  ]);
  await database.write([{ text: "ANALYZE", values: [] }]);

  /** SQL: the value of a column in row `n`, as varied as a real one. */
  function varied(column: string, value: unknown): string {
    if (value === null) return "NULL";
    if (column === "created_at") return `(n * 7919) % ${count}`;
    if (column === "id") return "'filled-' || n";
    if (column === resource.table.owner) return "'filled-' || (n % 1000)";
    const words = wordsOfField(resource, column);
    if (words.length > 0) {
      const cases = words.map((word, index) => `WHEN ${index} THEN '${word}'`);
      return `CASE n % ${words.length} ${cases.join(" ")} END`;
    }
    return typeof value === "string" ? `'${value.replaceAll("'", "''")}' || n` : String(value);
  }

  function filling(table: string, columns: [name: string, value: string][]): Statement {
    const text = `
      INSERT INTO ${table} (${columns.map(([column]) => column).join(", ")})
      WITH RECURSIVE series (n) AS (
        SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < ${count})
      SELECT ${columns.map(([, value]) => value).join(", ")} FROM series`;
    return { text, values: [] };
  }
}
