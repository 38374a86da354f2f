/** The engine for more than one machine: Postgres, through Bun's own client and its pool. */
import { SQL } from "bun";

import {
  type Database,
  DatabaseUnavailable,
  type Row,
  type Statement,
  type Value,
} from "./database.ts";
import { createLastFailures } from "./last-failures.ts";
import { isConflict, isLasting, translated, unusable } from "./postgres-errors.ts";
import { migrate, readSchema } from "./postgres-migrate.ts";
import { rows, transaction } from "./postgres-query.ts";
import { parseDatabaseUrl } from "./postgres-url.ts";

/** Readiness is checked often and has to respond quickly. */
const PING_TIMEOUT_MS = 1_000;

/** True of a standby, or of a server set to read-only by its operator. */
const ONLY_READS = "SELECT current_setting('transaction_read_only') AS only_reads";

/** The maximum number of attempts of a unit that conflicts with concurrent transactions. */
const ATTEMPTS_MAX = 5;

export interface PostgresOptions {
  /** A monotonic clock, in milliseconds. Default: `performance.now` */
  now?: () => number;
}

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
export async function openPostgres(
  text: string,
  { now = () => performance.now() }: PostgresOptions = {},
): Promise<Database> {
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

  async function test(unit: readonly Statement[]): Promise<void> {
    try {
      await withReconnect(async (sql) => {
        using connection = await sql.reserve({ signal: AbortSignal.timeout(connect_timeout_ms) });
        await transaction(connection, unit, "ROLLBACK");
      });
    } catch (error) {
      throw translated(error);
    }
  }
  const failures = createLastFailures({ now, test });

  /** Returns the error that the port promises, and notes what it says about later operations. */
  function failed(unit: readonly Statement[], cause: unknown): unknown {
    const error = translated(cause);
    if (isLasting(cause)) failures.failed(unit, error);
    return error;
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
        throw failed([{ text, values }], error);
      }
    },
    async write<R extends Row>(unit: readonly Statement[]) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await withReconnect((sql) => run<R>(sql, unit));
        } catch (error) {
          if (attempt === ATTEMPTS_MAX || !isConflict(error)) throw failed(unit, error);
        }
      }
    },
    async schema(migrations) {
      try {
        return await withReconnect((sql) => readSchema(sql, migrations));
      } catch (error) {
        throw translated(error);
      }
    },
    async migrate(migrations, say = () => {}) {
      try {
        return await migrate(sql, { migrations, place, say });
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
      await failures.check();
    },
    async close() {
      await sql.close({ timeout: statement_timeout_ms / 1000 });
    },
  };
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
