/**
 * The first connection to a Postgres: what is in force there of what we set, and whether a pooler
 * such as PgBouncer is between us and the server.
 */
import type { SQL } from "bun";

import { DatabaseError } from "./database.ts";
import { connect, type ConnectOptions, MARK, settingsOf } from "./postgres-connect.ts";
import { isPooler, isUnknownSetting, isWithoutTls } from "./postgres-errors.ts";
import { rows } from "./postgres-query.ts";
import type { PostgresUrl } from "./postgres-url.ts";

/** What the connections of a pool have in common. */
export interface Setup extends Pick<ConnectOptions, "prepare" | "settings" | "mark"> {
  target: PostgresUrl;
  /** Whether statements of one connection may run on several of the server, or not as set. */
  isPooled: boolean;
  /** What begins a unit if the settings of a connection are not in force. */
  begin?: string | undefined;
}

export interface LookOptions {
  /** Whether to find out if prepared statements work, which takes a second connection. */
  mayPrepare: boolean;
  warn: (line: string) => void;
  password?: (() => string) | undefined;
}

const LOOK = `
  SELECT pg_backend_pid() AS pid, current_setting('${MARK}', true) AS mark,
    current_setting('transaction_read_only') AS only_reads,
    current_setting('server_encoding') AS encoding`;

/** PgBouncer's answer to BEGIN in statement mode. */
const STATEMENT_MODE = /statement pooling mode/;

/**
 * Opens one connection, and returns it with the setup for a pool.
 *
 * @throws DatabaseError if the services cannot work with what is there
 */
export async function look(
  given: PostgresUrl,
  { mayPrepare, warn, password }: LookOptions,
): Promise<{ first: SQL; setup: Setup }> {
  const { first, target, seen, ...rest } = await openFirst(given, password);
  try {
    if (seen.encoding !== "UTF8") {
      throw refused(
        target,
        `its encoding is ${seen.encoding}, which cannot hold every name. Create the database with ` +
          "TEMPLATE template0 ENCODING 'UTF8', and move the data with pg_dump and pg_restore",
      );
    }
    if (target.target_session_attrs === "read-write" && seen.only_reads === "on") {
      throw refused(target, "the server is read-only, and target_session_attrs is read-write");
    }
    const setup: Setup = { ...rest, target, prepare: false, isPooled: seen.mark !== rest.mark };
    const open = (options: Partial<ConnectOptions>) =>
      connect(target, { ...setup, max: 1, password, ...options });
    if (setup.isPooled) {
      await requireTransactions(first, target);
      await requireOptions(first, target);
      await compareLimits(first, { target, warn });
      setup.begin = beginOf(target);
    }
    if (mayPrepare && target.prepare !== "off") {
      const another = await lookAgain(open);
      const isShared = another.pid === seen.pid;
      if (!setup.isPooled && (isShared || !another.isMarked)) {
        setup.isPooled = true;
        setup.begin = beginOf(target);
      }
      const isTrusted = target.prepare === "on" && !isShared;
      setup.prepare = !setup.isPooled || another.isManaged || isTrusted;
      if (target.prepare === "on" && !setup.prepare) warn(NOT_PREPARED);
    }
    return { first, setup };
  } catch (error) {
    await first.close({ timeout: 0 });
    throw error;
  }
}

const NOT_PREPARED =
  "prepare=on: the pooler moves statements between connections, and does not manage prepared " +
  "ones as PgBouncer does from 1.21 with max_prepared_statements. They stay unprepared";

function refused({ place }: PostgresUrl, reason: string): DatabaseError {
  return new DatabaseError(`Cannot use ${place}: ${reason}`);
}

interface Seen {
  pid: number;
  mark: string | null;
  only_reads: string;
  encoding: string;
}

/** Does without what is not accepted: settings by a pooler, TLS where it is only preferred. */
async function openFirst(given: PostgresUrl, password: LookOptions["password"]) {
  const mark = crypto.randomUUID();
  let settings = true;
  let target = given;
  for (;;) {
    const first = connect(target, { max: 1, prepare: false, settings, mark, password });
    try {
      const [seen] = await first.unsafe<Seen[]>(LOOK);
      if (!seen) throw new Error("No row");
      return { first, target, settings, mark, seen };
    } catch (error) {
      await first.close({ timeout: 0 });
      if (settings && isUnknownSetting(error)) settings = false;
      else if (target.sslmode === "prefer" && isWithoutTls(error)) target = withoutTls(target);
      else throw error;
    }
  }
}

function withoutTls(target: PostgresUrl): PostgresUrl {
  const url = new URL(target.url);
  url.searchParams.set("sslmode", "disable");
  return { ...target, url, sslmode: "disable" };
}

/** @throws DatabaseError in statement mode, where a unit is not one */
async function requireTransactions(first: SQL, target: PostgresUrl): Promise<void> {
  try {
    await first.unsafe("BEGIN", []);
    await first.unsafe("ROLLBACK", []);
  } catch (error) {
    if (!(error instanceof Error) || !STATEMENT_MODE.test(error.message)) throw error;
    const advice = "Set its pool_mode to transaction or session";
    throw refused(target, `PgBouncer is in statement mode, without transactions. ${advice}`);
  }
}

/** `-c name=value` or `--name=value` */
const OPTION = /(?:-c\s*|--)([\w.]+)=((?:\\.|\S)*)/g;

/** @throws DatabaseError if a pooler dropped a setting of the URL's `options` */
async function requireOptions(first: SQL, target: PostgresUrl): Promise<void> {
  for (const [, name = "", escaped = ""] of target.options.matchAll(OPTION)) {
    const value = escaped.replaceAll(/\\(.)/g, "$1");
    if (await isInForce(first, name, value)) continue;
    const role = `ALTER ROLE ${target.url.username} SET ${name}`;
    throw refused(target, `a pooler drops the options: ${name} is not set. Use ${role}`);
  }
}

async function compareLimits(
  first: SQL,
  { target, warn }: { target: PostgresUrl; warn: LookOptions["warn"] },
): Promise<void> {
  const { statement_timeout_ms: limitMs, connect_timeout_ms: connectMs } = target;
  if (await isInForce(first, "statement_timeout", String(limitMs))) return;
  warn(
    `a pooler at ${target.hostname} drops statement_timeout. Units set it themselves; a read is ` +
      `cancelled after ${connectMs + limitMs} ms, and runs on if this process is gone. To limit it ` +
      `on the server: ALTER ROLE ${target.url.username} SET statement_timeout = ${limitMs}`,
  );
}

/** Compares as the server would write the value: 5s for 5000. */
async function isInForce(first: SQL, name: string, value: string): Promise<boolean> {
  const text = "SELECT current_setting($1, true) AS now, set_config($1, $2, true) AS wanted";
  const [row] = await rows(first, { text, values: [name, value] });
  return row?.["now"] === row?.["wanted"];
}

/** Begins a unit with the settings in force until its end, whatever the connection is. */
function beginOf(target: PostgresUrl): string {
  const settings = Object.entries(settingsOf(target));
  return ["BEGIN", ...settings.map(([name, value]) => `SET LOCAL ${name} = ${value}`)].join("; ");
}

/**
 * On a second connection while the first is open: whether it is the same to the server, whether it
 * has its own mark, and whether a pooler manages prepared statements.
 */
async function lookAgain(open: (options: Partial<ConnectOptions>) => SQL) {
  const mark = crypto.randomUUID();
  await using second = open({ prepare: true, mark });
  const [seen] = await second.unsafe<Seen[]>(LOOK);
  return {
    pid: seen?.pid,
    isMarked: seen?.mark === mark,
    isManaged: await isManaged(second),
  };
}

/** Bun names statements that have parameters P0, P1 and so on. */
const NAME_OF_BUN = /^P\d+$/;

/**
 * Whether a pooler gives prepared statements names of its own: then it knows on which connections
 * they are. PgBouncer does from 1.21.
 */
async function isManaged(sql: SQL): Promise<boolean> {
  // All of it on one connection of the server.
  await sql.unsafe("BEGIN").simple();
  try {
    await rows(sql, { text: "SELECT CAST($1 AS TEXT) AS looked_at", values: [""] });
    const [{ name = "P0" } = {}] = await sql.unsafe<{ name: string }[]>(
      "SELECT name FROM pg_prepared_statements WHERE statement LIKE '%looked_at'",
    );
    if (!NAME_OF_BUN.test(name)) return true;
    // Nobody else who gets this connection may find it.
    await sql.unsafe(`DEALLOCATE "${name}"`).simple();
    return false;
  } catch (error) {
    // One of another client has the name.
    if (isPooler(error)) return false;
    throw error;
  } finally {
    await sql.unsafe("ROLLBACK").simple();
  }
}
