/** Opens one of the two engines by URL. */
import { ConfigError } from "../process/config.ts";
import type { Metrics } from "../process/metrics.ts";
import type { Tracer } from "../process/trace/tracer.ts";
import type { Database } from "./database.ts";
import { measureCommits, measured } from "./measured.ts";
import type { PostgresOptions } from "./postgres.ts";
import { sqlitePathOf } from "./sqlite-url.ts";

/** Only Postgres has connections, and uses what {@link PostgresOptions} says. */
export interface OpenOptions extends PostgresOptions {
  /** Where operations are counted and timed. Default: nowhere */
  metrics?: Metrics;
  /** Where spans go. Default: nowhere */
  tracer?: Tracer | undefined;
}

/**
 * Opens the database at `sqlite://path`, `sqlite://:memory:` or `postgres://...`. Loads only the
 * engine in use. For the parameters of a Postgres URL see `docs/postgres.md`.
 *
 * @throws ConfigError for any other URL
 * @throws DatabaseError with a sentence for the operator if the database cannot be used
 */
export async function openDatabase(
  url: string,
  { metrics, tracer, ...options }: OpenOptions = {},
): Promise<Database> {
  const database = await open(url, metrics, options);
  return metrics ? measured(database, { metrics, tracer }) : database;
}

async function open(
  url: string,
  metrics: Metrics | undefined,
  options: PostgresOptions,
): Promise<Database> {
  if (url.startsWith("sqlite://")) {
    const path = sqlitePathOf(url);
    const { openSqlite } = await import("./sqlite.ts");
    return openSqlite(path, metrics ? { onCommit: measureCommits(metrics) } : {});
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgres } = await import("./postgres.ts");
    return openPostgres(url, options);
  }
  throw new ConfigError(
    "DATABASE_URL: expected sqlite://path or postgres://user:password@host/name",
  );
}
