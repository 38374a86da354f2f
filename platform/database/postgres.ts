/** The engine for more than one machine: Postgres, through Bun's own client and its pool. */
import { Type } from "@sinclair/typebox";
import { SQL } from "bun";

import { ConfigError, readConfig } from "../process/config.ts";
import {
  APPLIED_MIGRATIONS,
  type AppliedRow,
  type Database,
  DatabaseError,
  DatabaseUnavailable,
  type Migration,
  MIGRATIONS_TABLE,
  pendingMigrations,
  RECORD_MIGRATION,
  type Row,
  type Statement,
  UniqueViolation,
  type Value,
} from "./database.ts";

/** The parameters in the query string of the URL. */
const Parameters = Type.Object({
  pool_max: Type.Integer({ minimum: 1, maximum: 1_000, default: 8 }),
  connect_timeout_ms: Type.Integer({ minimum: 1, maximum: 600_000, default: 5_000 }),
  statement_timeout_ms: Type.Integer({ minimum: 1, maximum: 600_000, default: 5_000 }),
  sslmode: Type.Union(
    [
      Type.Literal("disable"),
      Type.Literal("prefer"),
      Type.Literal("require"),
      Type.Literal("verify-ca"),
      Type.Literal("verify-full"),
    ],
    { default: "disable" },
  ),
  sslrootcert: Type.String({ default: "" }),
});

/** Readiness is checked often and has to respond quickly. */
const PING_TIMEOUT_MS = 1_000;

/** True of a standby, or of a server set to read-only by its operator. */
const ONLY_READS = "SELECT current_setting('transaction_read_only') AS only_reads";

/** The maximum number of attempts of a unit that conflicts with concurrent transactions. */
const ATTEMPTS_MAX = 5;

/** Replicas that start at the same time take turns at the migrations. Any fixed number works. */
const MIGRATION_LOCK = 7_302_011_604;

/**
 * Opens a pool of connections to the database at `postgres://user:password@host:port/name`, and
 * checks that it can connect. Parameters in the query string:
 *
 * - `pool_max`: the maximum number of connections. Default: 8, so that ten replicas fit in a
 *   server's usual 100
 * - `connect_timeout_ms`: how long to wait for a connection. Default: 5000
 * - `statement_timeout_ms`: how long a statement may run. Default: 5000
 * - `sslmode`: `disable`, `prefer`, `require`, `verify-ca` or `verify-full`. Default: PGSSLMODE, or
 *   `disable`
 * - `sslrootcert`: a file with the certificates to trust. Default: those of the system
 *
 * Values missing from the URL, for example the password, come from libpq's variables, for example
 * `PGPASSWORD`.
 *
 * The pool reconnects lost connections. While it cannot, operations fail with DatabaseUnavailable.
 * A `write` that fails this way may have been committed: the response to its COMMIT may have been
 * lost.
 *
 * @throws ConfigError for an invalid URL or an unknown parameter
 * @throws DatabaseError with a sentence for the operator if the database cannot be reached
 */
export async function openPostgres(text: string): Promise<Database> {
  const { url, pool_max, connect_timeout_ms, statement_timeout_ms } = parseDatabaseUrl(text);
  const place = `the database ${url.pathname.slice(1)} at ${url.host}`;
  const connect = () =>
    new SQL(url.href, {
      database: decodeURIComponent(url.pathname.slice(1)),
      max: pool_max,
      connectionTimeout: connect_timeout_ms / 1000,
      connection: {
        statement_timeout: statement_timeout_ms,
        idle_in_transaction_session_timeout: statement_timeout_ms,
        // Otherwise a page of a large table is planned again each time, which doubles its cost: for
        // an unknown LIMIT the server expects a tenth of the rows, and prefers a plan for the value.
        plan_cache_mode: "force_generic_plan",
      },
    });
  let sql = connect();

  /**
   * The server cancels a statement at its timeout. If even then nothing arrives, the other end of
   * the connection is gone, which TCP detects only minutes later: replace the pool.
   */
  function withReconnect<Result>(work: (sql: SQL) => Promise<Result>): Promise<Result> {
    const used = sql;
    return withTimeout(work(used), connect_timeout_ms + statement_timeout_ms, () => {
      if (sql !== used) return;
      sql = connect();
      void used.close({ timeout: 0 });
    });
  }

  async function run<R extends Row>(sql: SQL, unit: readonly Statement[]): Promise<R[][]> {
    const [first] = unit;
    if (first && unit.length === 1) return [await rows<R>(sql, first)];
    using connection = await sql.reserve({ signal: AbortSignal.timeout(connect_timeout_ms) });
    return await transaction<R>(connection, unit);
  }

  try {
    await sql.unsafe("SELECT 1");
  } catch (error) {
    await sql.close({ timeout: 0 });
    throw unusable(place, error);
  }

  return {
    engine: "postgres",
    connectionsMax: pool_max,
    async read<R extends Row>(text: string, values: readonly Value[]) {
      try {
        return await withReconnect((sql) => rows<R>(sql, { text, values }));
      } catch (error) {
        throw translated(error);
      }
    },
    async write<R extends Row>(unit: readonly Statement[]) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await withReconnect((sql) => run<R>(sql, unit));
        } catch (error) {
          if (attempt === ATTEMPTS_MAX || !isConflict(error)) throw translated(error);
        }
      }
    },
    async migrate(migrations) {
      try {
        return await sql.begin((transaction) => migrate(transaction, migrations));
      } catch (error) {
        throw unusable(place, error);
      }
    },
    async ping() {
      try {
        const read = withReconnect((sql) => rows(sql, { text: ONLY_READS, values: [] }));
        const [row] = await withTimeout(read, PING_TIMEOUT_MS);
        if (row?.["only_reads"] === "on")
          throw new DatabaseUnavailable(new Error("The server is read-only"));
      } catch (error) {
        throw translated(error);
      }
    },
    async close() {
      await sql.close({ timeout: statement_timeout_ms / 1000 });
    },
  };
}

function parseDatabaseUrl(text: string) {
  const url = URL.parse(text);
  if (!url?.hostname || url.pathname.length < 2 || !isDecodable(text)) {
    throw new ConfigError("DATABASE_URL: expected postgres://user:password@host:port/name");
  }
  const given = Object.fromEntries(url.searchParams);
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(Parameters.properties, name));
  if (unknown.length > 0) {
    const known = Object.keys(Parameters.properties).join(", ");
    throw new ConfigError(`DATABASE_URL: unknown parameter "${unknown[0]}". Expected ${known}`);
  }
  const parameters = readParameters(given);
  // Bun reads the remaining ones: sslmode and sslrootcert.
  for (const name of ["pool_max", "connect_timeout_ms", "statement_timeout_ms"]) {
    url.searchParams.delete(name);
  }
  return { url, ...parameters };
}

/** Whether every `%` starts a valid escape: Bun's client decodes the parts of the URL. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function readParameters(given: Record<string, string>) {
  try {
    return readConfig(Parameters, given);
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(`DATABASE_URL: ${error.message}`) : error;
  }
}

const BIGINT = 20;

/**
 * Bun returns BIGINT as text. Ours are counts, hundredths and milliseconds, which fit in a number.
 */
async function rows<R extends Row>(sql: SQL, { text, values }: Statement): Promise<R[]> {
  const result = await sql.unsafe<Row[]>(text, [...values]).execute();
  for (const { name, type } of result.columns ?? []) {
    if (type !== BIGINT) continue;
    for (const row of result) row[name] = row[name] === null ? null : Number(row[name]);
  }
  return [...result] as R[];
}

/**
 * Sends all statements at once: one round trip. After a failed statement the server rejects the
 * rest and treats COMMIT as ROLLBACK. Bun sends a query on `execute`, not when it is created:
 * without `execute` the BEGIN would be sent last.
 */
async function transaction<R extends Row>(sql: SQL, unit: readonly Statement[]): Promise<R[][]> {
  const begun = sql.unsafe("BEGIN", []).execute();
  const results = unit.map((statement) => rows<R>(sql, statement));
  const committed = sql.unsafe("COMMIT", []).execute();
  const outcomes = await Promise.allSettled([begun, ...results, committed]);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  return Promise.all(results);
}

async function migrate(sql: SQL, migrations: readonly Migration[]): Promise<Migration[]> {
  // Other replicas and changes of large tables may take long.
  await sql.unsafe("SET LOCAL statement_timeout = 0");
  await sql.unsafe("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
  await sql.unsafe(MIGRATIONS_TABLE);
  const applied = await rows<AppliedRow>(sql, { text: APPLIED_MIGRATIONS, values: [] });
  const pending = pendingMigrations(migrations, applied);
  for (const { version, name, sql: text } of pending) {
    await sql.unsafe(text);
    await sql.unsafe(RECORD_MIGRATION, [version, name, Date.now()]);
  }
  return pending;
}

/** Stops waiting for `work`, which continues. */
async function withTimeout<Result>(
  work: Promise<Result>,
  timeoutMs: number,
  onLate = () => {},
): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new DatabaseUnavailable(new Error("No response in time")));
    onLate();
  }, timeoutMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNIQUE_VIOLATION = "23505";
const SERIALIZATION_FAILURE = "40001";
const DEADLOCK_DETECTED = "40P01";

/**
 * Classes of errors that pass by themselves or after the operator acts: connection, read-only
 * standby, authorization, missing database, conflict, resources (connections, disk, memory), lock,
 * shutdown and timeout, system error.
 */
const PASSING = ["08", "25", "28", "3D", "40", "53", "55", "57", "58"];

/** Bun's own error codes, for failures without a response of the server. */
const NO_RESPONSE = /CONNECTION|TIMEOUT|TLS|CANCELLED/;

function isConflict(error: unknown): boolean {
  if (!(error instanceof SQL.PostgresError)) return false;
  return error.errno === SERIALIZATION_FAILURE || error.errno === DEADLOCK_DETECTED;
}

function translated(error: unknown): unknown {
  // Timed out waiting for a connection of the pool.
  if (error instanceof DOMException) return new DatabaseUnavailable(error);
  if (!(error instanceof SQL.PostgresError)) return error;
  const { code, errno } = error;
  if (errno === UNIQUE_VIOLATION) return new UniqueViolation(error.message, { cause: error });
  const passing = errno ? PASSING.includes(errno.slice(0, 2)) : NO_RESPONSE.test(code);
  return passing ? new DatabaseUnavailable(error) : error;
}

function unusable(place: string, cause: unknown): unknown {
  if (cause instanceof DatabaseError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DatabaseError(`Cannot use ${place}: ${reason}. Start it, or correct DATABASE_URL`, {
    cause,
  });
}
