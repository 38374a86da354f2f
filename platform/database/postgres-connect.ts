/** Connections of Bun's client, and what it tells the server when each of them opens. */
import { SQL } from "bun";

import type { PostgresUrl } from "./postgres-url.ts";

/** Behind a name that moved to another server, no connection stays with the old one for longer. */
const LIFETIME_MAX_SECONDS = 30 * 60;

/**
 * The name of a setting that means nothing to the server. A connection on which it does not have
 * our value is not our own: a pooler is between us and the server, whatever else is in force there.
 */
export const MARK = "edge_services.mark";

export interface ConnectOptions {
  /** The maximum number of connections. */
  max: number;
  /** Whether statements have names and stay prepared on their connection. */
  prepare: boolean;
  /** Whether the server, or a pooler, accepts settings when a connection opens. */
  settings: boolean;
  /** The value of {@link MARK}. */
  mark: string;
  /** Returns the password of each new connection. Default: that of the URL */
  password?: (() => string) | undefined;
}

/** Returns a pool that opens its connections with the first query. */
export function connect(
  target: PostgresUrl,
  { max, prepare, settings, mark, password }: ConnectOptions,
): SQL {
  return new SQL(target.url.href, {
    hostname: target.hostname,
    database: target.database,
    max,
    prepare,
    connectionTimeout: target.connect_timeout_ms / 1000,
    maxLifetime: LIFETIME_MAX_SECONDS,
    ...(target.channel_binding && { channelBinding: target.channel_binding }),
    ...(password && { password }),
    connection: {
      application_name: target.application_name,
      ...(target.options && { options: target.options }),
      ...(settings && { ...settingsOf(target), [MARK]: mark }),
    },
  });
}

/** The settings that every connection or unit should have. */
export function settingsOf({ statement_timeout_ms }: PostgresUrl) {
  return {
    statement_timeout: statement_timeout_ms,
    idle_in_transaction_session_timeout: statement_timeout_ms,
    // Otherwise a page of a large table is planned again each time, which doubles its cost: for an
    // unknown LIMIT the server expects a tenth of the rows, and prefers a plan for the value.
    plan_cache_mode: "force_generic_plan",
  };
}
