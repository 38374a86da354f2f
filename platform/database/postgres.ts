/** The engine for more than one machine: Postgres, through Bun's own client and its pool. */
import type { SQL } from "bun";

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
import { PostgresPool } from "./postgres-pool.ts";
import { startStatement, startUnit, type Work } from "./postgres-query.ts";
import { parsePostgresUrl } from "./postgres-url.ts";

/** Readiness is checked often and has to respond quickly. */
const PING_TIMEOUT_MS = 1_000;

/**
 * The maximum number of attempts of an operation that conflicts with concurrent transactions, or
 * whose connection turns out not to be what it should be.
 */
const ATTEMPTS_MAX = 5;

export interface PostgresOptions {
  /** What the server calls our connections, unless the URL says so. Default: no name */
  applicationName?: string | undefined;
  /** The maximum number of connections. Default: `pool_max` of the URL */
  connectionsMax?: number | undefined;
  /** Returns the URL as it is now, for each new connection. Default: it never changes */
  reread?: (() => string) | undefined;
  /** Gets a line for the operator. Default: nobody */
  warn?: ((line: string) => void) | undefined;
  /** A monotonic clock, in milliseconds. Default: `performance.now` */
  now?: () => number;
}

/**
 * Checks with one connection what is at `postgres://user:password@host:port/name`, and returns a
 * pool, which opens its connections with the first operation. Parameters in the query string: see
 * `docs/postgres.md`. Values missing from the URL, for example the password, come from libpq's
 * variables, for example `PGPASSWORD`.
 *
 * The pool reconnects lost connections. While it cannot, operations fail with DatabaseUnavailable.
 * A `write` that fails this way may have been committed: the response to its COMMIT may have been
 * lost.
 *
 * @throws ConfigError for an invalid URL or an unknown parameter
 * @throws DatabaseError with a sentence for the operator if the database cannot be used
 */
export async function openPostgres(
  text: string,
  {
    applicationName = "",
    connectionsMax,
    reread,
    warn = () => {},
    now = () => performance.now(),
  }: PostgresOptions = {},
): Promise<Database> {
  const parse = (url: string) => {
    const parsed = parsePostgresUrl(url);
    return {
      ...parsed,
      application_name: parsed.application_name || applicationName,
      pool_max: connectionsMax ?? parsed.pool_max,
    };
  };
  const given = parse(text);
  const { place, pool_max, connect_timeout_ms: connectTimeoutMs } = given;
  const pool = await orUnusable(
    place,
    PostgresPool.open(given, {
      warn,
      // Without a password in the URL there is nothing to read again.
      reread: reread && given.url.password ? () => parse(reread()) : undefined,
      mayPrepare: pool_max > 1,
    }),
  );

  async function attempt<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      const used = pool.sql;
      try {
        return await work();
      } catch (error) {
        if (attempt === ATTEMPTS_MAX || !(await mayTryAgain(error, used))) throw error;
      }
    }
  }

  async function mayTryAgain(error: unknown, used: SQL): Promise<boolean> {
    try {
      return isConflict(error) || (await pool.mend(error, used));
    } catch (cause) {
      // What is there now cannot be used, but may be changed: a service goes on.
      throw new DatabaseUnavailable(cause as Error);
    }
  }

  const failures = createLastFailures({
    now,
    async test(unit) {
      try {
        await attempt(() =>
          pool.run((sql, { begin }) =>
            startUnit(sql, unit, { connectTimeoutMs, begin, end: "ROLLBACK" }),
          ),
        );
      } catch (error) {
        throw translated(error);
      }
    },
  });

  /** Returns the error that the port promises, and notes what it says about later operations. */
  function failed(unit: readonly Statement[], cause: unknown): unknown {
    const error = translated(cause);
    if (isLasting(cause)) failures.failed(unit, error);
    return error;
  }

  return {
    engine: "postgres",
    connectionsMax: pool_max,
    async read<R extends Row>(text: string, values: readonly Value[]) {
      try {
        return await attempt(() => pool.run((sql) => startStatement<R>(sql, { text, values })));
      } catch (error) {
        throw failed([{ text, values }], error);
      }
    },
    async write<R extends Row>(unit: readonly Statement[]) {
      const [statement] = unit;
      try {
        return await attempt(() =>
          pool.run((sql, { begin }): Work<R[][]> => {
            // The server makes a unit of a single statement.
            if (statement && unit.length === 1 && !begin) return single<R>(sql, statement);
            return startUnit<R>(sql, unit, { connectTimeoutMs, begin });
          }),
        );
      } catch (error) {
        throw failed(unit, error);
      }
    },
    async schema(migrations) {
      try {
        const start = (sql: SQL) => ({ result: readSchema(sql, migrations), stop() {} });
        return await attempt(() => pool.run(start));
      } catch (error) {
        throw translated(error);
      }
    },
    migrate: (migrations, say = () => {}) =>
      orUnusable(
        place,
        migrate(pool.single, { migrations, place, say, openAnother: () => pool.openUnlimited() }),
      ),
    async ping() {
      try {
        const check = attempt(() => pool.check());
        await withTimeout(check, PING_TIMEOUT_MS);
      } catch (error) {
        throw translated(error);
      }
      await failures.check();
    },
    close: () => pool.close(),
  };
}

function single<R extends Row>(sql: SQL, statement: Statement): Work<R[][]> {
  const { result, stop } = startStatement<R>(sql, statement);
  return { result: result.then((rows) => [rows]), stop };
}

async function orUnusable<Result>(place: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw unusable(place, error);
  }
}

/** Stops waiting for `work`, which continues. */
async function withTimeout<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new DatabaseUnavailable(new Error("No response in time"))),
    timeoutMs,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
