/** Both services as executables, and the faults that can be caused in them. */
import { type ServiceName, serviceNamed, urlVariableOf } from "../services.ts";
import { command as run, executables } from "../tests/support/executables.ts";
import { startFaultProxy } from "../tests/support/fault-proxy.ts";
import { temporaryFolder } from "../tests/support/folders.ts";
import { createDatabase, startPostgres } from "../tests/support/postgres.ts";
import { type Running, startService } from "../tests/support/processes.ts";
import { forEach, NAMES } from "../tests/support/services.ts";

/** Number of users. Those up to `POPULAR` are requested all the time, the others rarely. */
export const USERS = 5_000;
export const POPULAR = 50;

/** MAX_IN_FLIGHT: low, so that the load can exceed it five times. */
export const IN_FLIGHT_MAX = 64;

/** SHUTDOWN_GRACE_MS: each client is told to close its connection in its next response. */
const GRACE_MS = 500;

/** The calls to `users` of one `orders` process, from its metrics. */
export interface Life {
  seconds: number;
  /** Those that reached the retry budget. None if it was killed before a request arrived. */
  calls: number;
  attempts: number;
  retries: number;
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** Builds, seeds and starts both services; `onPostgres` uses a new server instead of SQLite. */
export async function openStage({ onPostgres = false } = {}) {
  const programs = await executables();
  const folder = temporaryFolder();
  const postgres = onPostgres ? await startPostgres() : undefined;
  const databases = await forEach(async (name) =>
    postgres ? (await createDatabase(postgres)).url : `sqlite://${folder.path}/${name}.db`,
  );
  const running = {} as Record<ServiceName, Running & { startedAt: number }>;
  const urls = {} as Record<ServiceName, string>;
  const lives: Life[] = [];

  for (const name of NAMES) {
    const more = name === "users" ? ["--users", String(USERS)] : [];
    const environment = { DATABASE_URL: databases[name] };
    const { exitCode, stderr } = await run([programs[name], "seed", ...more], { environment });
    if (exitCode !== 0) throw new Error(stderr);
  }
  await start("users");
  /** The proxy between `orders` and `users`. */
  const network = await startFaultProxy(urls.users);
  await start("orders");

  /** Starts a service, on its previous port if it had one. */
  async function start(name: ServiceName): Promise<void> {
    const asked = serviceNamed(name).calls.map((other) => [urlVariableOf(other), network.url]);
    const environment = {
      DATABASE_URL: databases[name],
      PORT: urls[name] ? new URL(urls[name]).port : "0",
      MAX_IN_FLIGHT: String(IN_FLIGHT_MAX),
      SHUTDOWN_GRACE_MS: String(GRACE_MS),
      LOG_REQUESTS: "off",
      ...Object.fromEntries(asked),
    };
    const command = [programs[name], "serve", "--reuse-port"];
    const started = await startService(name, environment, command);
    running[name] = { ...started, startedAt: performance.now() };
    urls[name] = started.url;
  }

  /** Records the calls of a process before it ends. */
  async function endLife(name: ServiceName): Promise<void> {
    if (name !== "orders") return;
    const metrics = await (await fetch(`${urls.orders}/metrics`)).text();
    const sum = (series: RegExp) =>
      metrics.matchAll(series).reduce((total, [, value]) => total + Number(value), 0);
    lives.push({
      seconds: (performance.now() - running.orders.startedAt) / 1000,
      // Lookups that found neither a cached response nor a call in flight, and were let through.
      calls:
        sum(/^call_cache_lookups_total\{callee="users",found="nothing"\} (\d+)$/gm) -
        sum(/^call_refused_total\{callee="users",by="bulkhead"\} (\d+)$/gm),
      attempts: sum(/^call_attempts_total\{callee="users",.*\} (\d+)$/gm),
      retries: sum(/^call_retries_total\{callee="users",budget="granted"\} (\d+)$/gm),
    });
  }

  return {
    urls,
    network,
    postgres,
    lives,
    start,
    endLife,
    /** Sends SIGKILL; resolves when the process has exited. */
    async kill(name: ServiceName) {
      await endLife(name);
      running[name].process.kill("SIGKILL");
      await running[name].process.exited;
    },
    /** Starts a second process on the same port, then stops the first. */
    async replace(name: ServiceName) {
      await endLife(name);
      const old = running[name];
      await start(name);
      await old.stop();
    },
    signal: (name: ServiceName, signal: NodeJS.Signals) => running[name].process.kill(signal),
    async stop() {
      for (const { process } of Object.values(running)) process.kill("SIGCONT");
      await Promise.all(Object.values(running).map((service) => service.stop()));
      await network.stop();
      await postgres?.stop();
      folder[Symbol.dispose]();
    },
  };
}
