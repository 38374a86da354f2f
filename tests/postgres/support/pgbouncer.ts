/** A PgBouncer in front of a Postgres. */
import { join } from "node:path";

import { PASSWORD, type PostgresServer } from "../../support/postgres.ts";
import {
  createServerFolder,
  endWithThisProcess,
  freePort,
  readUntil,
} from "../../support/server-folder.ts";
import { PGBOUNCER } from "./debian.ts";

export interface PgBouncerOptions {
  /** When a connection of the server goes back to the pool. */
  mode: "session" | "transaction" | "statement";
  /** Connections to the server for each user and database. Default: 3 */
  connections?: number;
  /** Further settings of its section `[pgbouncer]`. Default: none */
  settings?: Record<string, string>;
}

/**
 * Starts PgBouncer on a free port. It knows all roles of the server. When this process ends, even
 * by a kill, it stops.
 */
export async function startPgBouncer(
  server: Pick<PostgresServer, "port">,
  { mode, connections = 3, settings = {} }: PgBouncerOptions,
) {
  const folder = createServerFolder("pgbouncer");
  const port = freePort();
  const roles = folder.write("roles.txt", `"postgres" "${PASSWORD}"\n`);
  const pidFile = join(folder.path, "pid");
  const all = {
    listen_addr: "127.0.0.1",
    listen_port: port,
    unix_socket_dir: "",
    auth_type: "scram-sha-256",
    auth_file: roles,
    auth_user: "postgres",
    auth_query: "SELECT usename, passwd FROM pg_shadow WHERE usename = $1",
    pool_mode: mode,
    default_pool_size: connections,
    max_client_conn: 1_000,
    pidfile: pidFile,
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  const databases = `[databases]\n* = host=127.0.0.1 port=${server.port}\n`;
  const file = folder.write("config.ini", `${databases}[pgbouncer]\n${lines.join("\n")}\n`);
  endWithThisProcess(folder, pidFile);
  const child = Bun.spawn([PGBOUNCER ?? "pgbouncer", file], {
    ...folder.spawning,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const log = await readUntil(child.stderr, "process up");
  if (!log.ready) throw new Error(`PgBouncer does not start:\n${log.text}`);
  return {
    port,
    pid: child.pid,
    /** The URL of the same database behind PgBouncer. */
    through(databaseUrl: string): string {
      const url = new URL(databaseUrl);
      url.port = String(port);
      return url.href;
    },
    /** At once: on SIGTERM it waits for its clients, from 1.23. */
    async stop() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
