/** The command that serves. */
import type { Static } from "@sinclair/typebox";

import { CALLS_MAX } from "../call/bulkhead.ts";
import type { Database } from "../database/database.ts";
import { openDatabase } from "../database/open-database.ts";
import { sweepKeys } from "../http/idempotency.ts";
import { READY } from "../http/operational.ts";
import { listen, localUrl, requireFree, stop } from "../http/server.ts";
import { callSettingsOf } from "../process/call-variables.ts";
import { ignoredIn, rereadFile, showConfig } from "../process/config.ts";
import { ceilingOf, limitConnections, readOpenFiles } from "../process/connections.ts";
import { measureDescriptors, watchDescriptors } from "../process/descriptors.ts";
import { logListening } from "../process/listening.ts";
import type { Log } from "../process/log.ts";
import { VERSION } from "../process/version.ts";
import { applySchema, awaitSchema } from "./schema.ts";
import type { App, Service, ServiceSchema, Surroundings } from "./service.ts";
import { openTelemetry, type Telemetry } from "./telemetry.ts";

/** How often expired idempotency keys are deleted. */
const SWEEP_INTERVAL_MS = 10 * 60 * 1000;

/**
 * How long to wait at exit for the collector to accept the last spans. Compose kills after 15 s.
 */
const FLUSH_TIMEOUT_MS = 2_000;

/**
 * Signals that would end the process at once. They ask programs to reload or to open their log
 * again, or are timers of others; a service has nothing to do for them.
 */
const SIGNALS_IGNORED = ["SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGIO"] as const;

/** When ignored variables are named. Comparing all names would delay the first response. */
const WARN_AFTER_MS = 100;

/** The most open files of a process that serves: those of Bun, the database, log and telemetry. */
const FILES_OF_PROCESS = 32;

export interface ServeOptions {
  /** Lets another process listen on the same port. */
  reusePort: boolean;
  /** Applies pending migrations. Otherwise waits, not ready, until someone else has. */
  migrates: boolean;
  /** Loads demo data into an empty database. */
  seeds: boolean;
  surroundings: Pick<Surroundings, "env" | "on" | "exit">;
}

/**
 * Serves until a signal arrives, then finishes the requests in flight. No log line or span is lost.
 */
export async function serve<Schema extends ServiceSchema>(
  service: Service<Schema>,
  config: Static<Schema>,
  options: ServeOptions,
): Promise<void> {
  const { surroundings } = options;
  const telemetry = await openTelemetry(service, { config, env: surroundings.env });
  const { log } = telemetry;
  const end = (code: number) =>
    void telemetry.end(FLUSH_TIMEOUT_MS).finally(() => surroundings.exit(code));
  // After this, the state of the program is unknown.
  const crash = (error: unknown) => {
    log.error("crashed", { error });
    end(1);
  };
  surroundings.on("uncaughtException", crash);
  surroundings.on("unhandledRejection", crash);
  log.debug("configuration", showConfig(service.config, config));

  try {
    await serveUntilStopped(service, config, { ...options, telemetry, end });
    telemetry.settle();
    log.info("stopped");
  } finally {
    await telemetry.end(FLUSH_TIMEOUT_MS);
  }
}

interface ServeProcessOptions extends ServeOptions {
  telemetry: Telemetry;
  /** Exits at once, after writing the remaining lines and spans. */
  end: (code: number) => void;
}

async function serveUntilStopped<Schema extends ServiceSchema>(
  service: Service<Schema>,
  config: Static<Schema>,
  { telemetry, reusePort, migrates, seeds, surroundings, end }: ServeProcessOptions,
): Promise<void> {
  const { HOST: host, PORT: port } = config;
  const { migrations } = service;
  const calls = callsOf(service);
  const { log, metrics, tracer, atEnd } = telemetry;

  // The answers arrive while the rest starts.
  const hangupIgnored = isHangupIgnored();
  const openFiles = readOpenFiles();
  // Checked first, so that starting twice by mistake does not migrate under the running instance.
  if (!reusePort) requireFree({ host, port });
  const opened = await openDatabase(config.DATABASE_URL, {
    metrics,
    tracer,
    applicationName: service.name,
    reread: rereadFile("DATABASE_URL", surroundings.env),
    warn: (line) => log.warn(`database: ${line}`),
  });
  try {
    const ceiling = ceilingOf({
      configured: config.MAX_CONNECTIONS,
      openFiles: await openFiles,
      memoryBytes: process.constrainedMemory(),
      ownFiles: ownFilesOf(service, opened),
    });
    const database = await (migrates ? applySchema : awaitSchema)(opened, { migrations, log });
    if (seeds) {
      const { isNew, text } = await service.seed(database, {}, { progress: () => {} });
      if (isNew) log.info(text);
    }
    let draining = false;
    const app = await service.createApp({
      config,
      database,
      log,
      metrics,
      tracer,
      draining: () => draining,
      now: Date.now,
      atEnd,
      fetch,
      peerOf: (request) => server.requestIP(request)?.address ?? "",
    });
    const server: Bun.Server<undefined> = listen({
      app,
      host,
      port,
      reusePort,
      idleTimeoutSeconds: config.IDLE_TIMEOUT_SECONDS,
      waitMaxMs: Math.max(0, ...calls.map((callee) => callSettingsOf(callee, config).timeoutMs)),
    });

    const sweeper = setInterval(() => {
      sweepKeys(database, Date.now()).catch((error) =>
        log.warn("failed to delete expired idempotency keys", { error }),
      );
    }, SWEEP_INTERVAL_MS);

    measureDescriptors(metrics, ceiling);
    const unwatch = watchDescriptors(log);
    const unlimit = limitConnections(ceiling, log);
    const unwarn = warnLater(() => ignoredIn(service.config, surroundings.env), log);

    const stopRequested = Promise.withResolvers<void>();
    const requestStop = () => {
      if (draining) end(1);
      draining = true;
      stopRequested.resolve();
    };
    surroundings.on("SIGTERM", requestStop);
    surroundings.on("SIGINT", requestStop);
    if (!(await hangupIgnored)) surroundings.on("SIGHUP", requestStop);
    for (const signal of SIGNALS_IGNORED) {
      surroundings.on(signal, () => log.info("signal ignored", { signal }));
    }

    const url = localUrl({ host, port: server.port ?? port, loopback: "localhost" });
    logListening(log, { url, docs: `${url}/swagger`, version: VERSION });
    useNormalJitPolicy();
    const tellStopping = await followReadiness(app, { log, env: surroundings.env });

    await stopRequested.promise;
    tellStopping();
    log.info("draining", { in_flight: server.pendingRequests });
    await stop({
      server,
      log,
      graceMs: config.SHUTDOWN_GRACE_MS,
      timeoutMs: config.SHUTDOWN_TIMEOUT_MS,
    });
    clearInterval(sweeper);
    unwatch();
    unlimit();
    unwarn();
  } finally {
    await opened.close();
  }
}

/** Tells systemd when the service is ready. Returns a function that tells that it stops. */
async function followReadiness(
  app: App,
  { log, env }: Pick<Telemetry, "log"> & Pick<Surroundings, "env">,
): Promise<() => void> {
  const address = env["NOTIFY_SOCKET"];
  if (!address) return () => {};
  const { tellSystemd } = await import("../process/systemd.ts");
  const isReady = async () => (await app.handle(new Request(`http://localhost${READY}`))).ok;
  return tellSystemd({ address, isReady, log });
}

/**
 * Logs the warnings soon.
 *
 * @returns a function that logs them at once, if they are not logged yet
 */
function warnLater(warnings: () => Iterable<string>, log: Log): () => void {
  let isDone = false;
  function warn(): void {
    if (!isDone) for (const line of warnings()) log.warn(line);
    isDone = true;
  }
  const timer = setTimeout(warn, WARN_AFTER_MS);
  return () => {
    clearTimeout(timer);
    warn();
  };
}

/**
 * The open files that a service needs at most: for itself, for its pool of connections, and for its
 * calls of other services.
 */
function ownFilesOf(
  service: Pick<Service<ServiceSchema>, "name" | "family">,
  { connectionsMax }: Database,
): number {
  return FILES_OF_PROCESS + connectionsMax + CALLS_MAX * callsOf(service).length;
}

/** The services that this one calls. */
function callsOf({ name, family }: Pick<Service<ServiceSchema>, "name" | "family">) {
  return family.find((one) => one.name === name)?.calls ?? [];
}

/** The build postpones compilation for a quick start. Long-running commands need it. */
export function useNormalJitPolicy(): void {
  Bun.unsafe.setJITPolicy(1);
}

/**
 * Returns whether this process was started with SIGHUP, the signal of a closed terminal, ignored, as by `nohup`: a handler would undo
 * that. False if the system does not tell.
 */
async function isHangupIgnored(): Promise<boolean> {
  // `node:fs` could read it at once, and takes 2 ms of the start to load.
  const status = await Bun.file("/proc/self/status")
    .text()
    .catch(() => "");
  // One bit per signal, lowest first; SIGHUP is the first.
  const digit = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(status)?.[1] ?? "0";
  return (Number.parseInt(digit, 16) & 1) === 1;
}
