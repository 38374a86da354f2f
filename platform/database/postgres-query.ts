/** Statements and units on Bun's client: how they are sent, and how they are stopped. */
import type { SQL } from "bun";

import { DatabaseUnavailable, type Row, type Statement } from "./database.ts";

/** An operation that has been sent. */
export interface Work<Result> {
  result: Promise<Result>;
  /** Cancels what still runs or waits. The result tells when the server obeyed. */
  stop(): void;
}

const BIGINT = 20;

/** Sends one statement. */
export function startStatement<R extends Row>(sql: SQL, { text, values }: Statement): Work<R[]> {
  const query = sql.unsafe<Row[]>(text, [...values]).execute();
  return { result: converted<R>(query), stop: () => void query.cancel() };
}

/**
 * Bun returns BIGINT as text. Ours are counts, hundredths and milliseconds, which fit in a number.
 */
async function converted<R extends Row>(query: SQL.Query<Row[]>): Promise<R[]> {
  const result = await query;
  for (const { name, type } of result.columns ?? []) {
    if (type !== BIGINT) continue;
    for (const row of result) row[name] = row[name] === null ? null : Number(row[name]);
  }
  return [...result] as R[];
}

export async function rows<R extends Row>(sql: SQL, statement: Statement): Promise<R[]> {
  return startStatement<R>(sql, statement).result;
}

export interface UnitOptions {
  /** How long to wait for a free connection. */
  connectTimeoutMs: number;
  /**
   * Statements to send before the unit, in a round trip of their own. Default: BEGIN is sent with
   * the unit, which is then one round trip.
   */
  begin?: string | undefined;
  /** What to do with the unit at its end. Default: `COMMIT` */
  end?: "COMMIT" | "ROLLBACK";
}

/** Sends all statements as one transaction. */
export function startUnit<R extends Row>(
  sql: SQL,
  unit: readonly Statement[],
  { connectTimeoutMs, begin, end = "COMMIT" }: UnitOptions,
): Work<R[][]> {
  let isStopped = false;
  let running: (() => void) | undefined;

  async function run(): Promise<R[][]> {
    using connection = await sql.reserve({ signal: AbortSignal.timeout(connectTimeoutMs) });
    if (begin) {
      await connection.unsafe(begin).simple();
      // A pooler may have kept it waiting. Whoever asked has got a response by now: nothing may
      // change any more.
      if (isStopped) {
        await connection.unsafe("ROLLBACK").simple();
        throw new DatabaseUnavailable(new Error("No connection in time"));
      }
    }
    const transaction = startTransaction<R>(connection, unit, { isBegun: Boolean(begin), end });
    running = transaction.stop;
    return await transaction.result;
  }

  return {
    result: run(),
    stop() {
      isStopped = true;
      running?.();
    },
  };
}

/**
 * Sends all statements at once: one round trip. After a failed statement the server rejects the
 * rest and treats COMMIT as ROLLBACK. Bun sends a query on `execute`, not when it is created:
 * without `execute` the BEGIN would be sent last.
 */
function startTransaction<R extends Row>(
  connection: SQL,
  unit: readonly Statement[],
  { isBegun, end }: { isBegun: boolean; end: "COMMIT" | "ROLLBACK" },
): Work<R[][]> {
  const send = (text: string) => connection.unsafe(text, []).execute();
  const begun: Work<unknown>[] = isBegun ? [] : [workOf(send("BEGIN"))];
  const turns = unit.flatMap(({ turn }) =>
    turn === undefined ? [] : [{ text: TURN, values: [turn] }],
  );
  for (const turn of turns) begun.push(startStatement(connection, turn));
  const statements = unit.map((statement) => startStatement<R>(connection, failing(statement)));
  const ended = send(end);
  const sent: readonly Work<unknown>[] = [...begun, ...statements, workOf(ended)];

  async function finish(): Promise<R[][]> {
    const outcomes = await Promise.allSettled(sent.map(({ result }) => result));
    if (outcomes.at(-1)?.status === "rejected") await rollBack(connection);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    const { command } = (await ended) as { command?: string };
    if (command !== end) throw new DatabaseUnavailable(new Error(`${end} failed`));
    return Promise.all(statements.map(({ result }) => result));
  }

  return {
    result: finish(),
    // The server works in order, and cancels the statement that runs, whichever it is.
    stop: () => sent.find(({ result }) => Bun.peek.status(result) === "pending")?.stop(),
  };
}

/** Waits for the units with the same turn, until this one ends. */
const TURN = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

/** Returns a condition as a statement that fails without a row: nobody looks at it before COMMIT. */
function failing({ text, values, turn }: Statement): Statement {
  if (turn === undefined) return { text, values };
  return { text: `SELECT 1 / count(*) AS holds FROM (${text}) AS condition`, values };
}

/** The connection goes back to the pool. */
async function rollBack(connection: SQL): Promise<void> {
  try {
    await connection.unsafe("ROLLBACK").simple();
  } catch {
    // It is closed, which rolls back as well.
  }
}

function workOf(query: SQL.Query<unknown>): Work<unknown> {
  return { result: query, stop: () => void query.cancel() };
}
