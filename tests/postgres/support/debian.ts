/**
 * The Postgres and the PgBouncer of Debian, as people run them in production, for the trials of
 * `bun run postgres`.
 */
import { describe, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";

import { PASSWORD, type PostgresServer, startPostgres } from "../../support/postgres.ts";
import type { Spawning } from "../../support/server-folder.ts";

/** The versions that Debian has had since 2021, the newest first. */
const VERSIONS = [18, 17, 16, 15, 13];

const PROGRAMS = VERSIONS.map((version) => `/usr/lib/postgresql/${version}/bin`).find((path) =>
  existsSync(`${path}/postgres`),
);

/** The path of PgBouncer, which Debian installs where only an administrator looks. */
export const PGBOUNCER = Bun.which("pgbouncer", { PATH: `${process.env["PATH"]}:/usr/sbin` });

/** Whether it knows which of its connections have which prepared statements: from 1.21. */
export const MANAGES_PREPARED = PGBOUNCER !== null && versionOf(PGBOUNCER) >= 121;

const MISSING = [
  PROGRAMS ? [] : ["postgresql"],
  PGBOUNCER ? [] : ["pgbouncer"],
  Bun.which("openssl") ? [] : ["openssl"],
].flat();

/** Servers start slowly on a loaded machine, and some trials send thousands of requests. */
const TRIAL_TIMEOUT_MS = 180_000;

/**
 * Defines a group of trials. Without the packages they are skipped, and the name says so; with
 * REQUIRE_POSTGRES=1 they fail.
 */
export function trials(name: string, define: () => void): void {
  setDefaultTimeout(TRIAL_TIMEOUT_MS);
  const missing = `install Debian's packages ${MISSING.join(", ")}`;
  if (MISSING.length === 0) describe(name, define);
  else if (process.env["REQUIRE_POSTGRES"] === "1") {
    test(name, () => {
      throw new Error(missing);
    });
  } else test.skip(`${name}: ${missing}`, () => {});
}

/** Starts Debian's Postgres: SCRAM, and a socket in the folder of its data. */
export function startDebian(
  settings: Record<string, string> = {},
  files: Record<string, string> = {},
): Promise<PostgresServer> {
  return startPostgres({ ...SOCKET, ...settings }, { files, programs: requirePrograms() });
}

const SOCKET = { unix_socket_directories: "." };

export interface StandbyOptions {
  /** Whether the primary confirms a write only once the standby has it. Default: false */
  synchronous?: boolean;
}

/** Starts a standby from a base backup of the primary, which streams from it. */
export async function startStandby(
  primary: PostgresServer,
  { synchronous = false }: StandbyOptions = {},
) {
  const programs = requirePrograms();
  const create = (_: string, data: string, spawning: Spawning) => {
    const from = `host=127.0.0.1 port=${primary.port} user=postgres application_name=standby`;
    const flags = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--pgdata", data];
    const made = Bun.spawnSync([`${programs}/pg_basebackup`, "--dbname", from, ...flags], {
      ...spawning,
      env: { ...spawning.env, PGPASSWORD: PASSWORD },
    });
    if (!made.success) throw new Error(`pg_basebackup failed:\n${made.stderr.toString()}`);
  };
  const standby = await startPostgres(SOCKET, { programs, create });
  if (synchronous) await setSetting(primary, "synchronous_standby_names", "standby");
  await using administrator = new Bun.SQL(primary.url, { max: 1 });
  const expected = synchronous ? "sync" : "async";
  const isStreaming = async () => {
    const rows = await administrator<{ sync_state: string }[]>`
      SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'`;
    return rows.some(({ sync_state: state }) => state === expected);
  };
  while (!(await isStreaming())) await Bun.sleep(5);
  return {
    ...standby,
    /** Makes it the primary. */
    async promote() {
      await using connection = new Bun.SQL(standby.url, { max: 1 });
      await connection`SELECT pg_promote()`;
    },
  };
}

/** Changes a setting of the running server, unless it was given at its start. */
export async function setSetting(server: PostgresServer, name: string, value: string) {
  await using administrator = new Bun.SQL(server.url, { max: 1 });
  await administrator.unsafe(`ALTER SYSTEM SET ${name} = '${value}'`);
  await administrator.unsafe("SELECT pg_reload_conf()");
}

export function requirePrograms(): string {
  if (!PROGRAMS) throw new Error("Postgres is missing: see trials()");
  return PROGRAMS;
}

/** 118 for 1.18. */
function versionOf(pgbouncer: string): number {
  const text = Bun.spawnSync([pgbouncer, "--version"]).stdout.toString();
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(text) ?? [];
  return Number(major) * 100 + Number(minor);
}
