/** Both services as executables, and what can be done to them while clients ask. */
import { type ServiceName, serviceNamed, urlVariableOf } from "../services.ts";
import { command as run, executables } from "../tests/support/executables.ts";
import { startFaultProxy } from "../tests/support/fault-proxy.ts";
import { temporaryFolder } from "../tests/support/folders.ts";
import { createDatabase, startPostgres } from "../tests/support/postgres.ts";
import { type Running, startService } from "../tests/support/processes.ts";
import { forEach, NAMES } from "../tests/support/services.ts";

/** How many users there are. Those up to `POPULAR` are asked for all the time, the others seldom. */
export const USERS = 5_000;
export const POPULAR = 50;

/** How many requests a service works on at once: so few that five times as many are soon sent. */
export const IN_FLIGHT_MAX = 64;

/** How long a service that is replaced goes on: each client is told to leave with its next response. */
const GRACE_MS = 500;

/** What one process of `orders` asked of `users`, from its metrics. */
export interface Life {
  seconds: number;
  calls: number;
  attempts: number;
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** Builds, seeds and starts both; `onPostgres` with a server of their own in place of SQLite. */
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
  /** Between `orders` and `users`. */
  const network = await startFaultProxy(urls.users);
  await start("orders");

  /** Starts it, again on the port that it had. */
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

  /** Writes down what this process has done, as long as it can be asked. */
  async function endLife(name: ServiceName): Promise<void> {
    if (name !== "orders") return;
    const metrics = await (await fetch(`${urls.orders}/metrics`)).text();
    const sum = (series: RegExp) =>
      metrics.matchAll(series).reduce((total, [, value]) => total + Number(value), 0);
    lives.push({
      seconds: (performance.now() - running.orders.startedAt) / 1000,
      // What neither the cache knew nor another call was about to bring.
      calls: sum(/^call_cache_lookups_total\{callee="users",found="nothing"\} (\d+)$/gm),
      attempts: sum(/^call_attempts_total\{callee="users",.*\} (\d+)$/gm),
    });
  }

  return {
    urls,
    network,
    postgres,
    lives,
    start,
    endLife,
    /** SIGKILL; resolves when the process is gone. */
    async kill(name: ServiceName) {
      await endLife(name);
      running[name].process.kill("SIGKILL");
      await running[name].process.exited;
    },
    /** Starts a second one on its port, then stops the first. */
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
