/** The commands of an executable, one function each. */
import type { Static } from "@sinclair/typebox";

import { openDatabase } from "../database/open-database.ts";
import { sweepKeys } from "../http/idempotency.ts";
import { listen, localUrl, requireFree, stop } from "../http/server.ts";
import { showConfig } from "../process/config.ts";
import { watchDescriptors } from "../process/descriptors.ts";
import { isHangupIgnored } from "../process/hangup.ts";
import { logListening } from "../process/listening.ts";
import { createLog } from "../process/log.ts";
import { createMetrics } from "../process/metrics.ts";
import { OperatorError } from "../process/operator-error.ts";
import { type Output, writeError } from "../process/output.ts";
import { VERSION } from "../process/version.ts";
import type { Service, ServiceConfig, ServiceSchema, Surroundings } from "./service.ts";
import { openTelemetry, type Telemetry } from "./telemetry.ts";

/** How often expired idempotency keys are deleted. */
const SWEEP_INTERVAL_MS = 10 * 60 * 1000;

/**
 * How long to wait at exit for the collector to accept the last spans. Compose kills after 15 s.
 */
const FLUSH_TIMEOUT_MS = 2_000;

/** Shorter than the timeout of any orchestrator. */
const HEALTHCHECK_TIMEOUT_MS = 2_000;

/**
 * Returns the OpenAPI document of this configuration. Uses an app without a server or a database
 * file.
 */
export async function openapi<Schema extends ServiceSchema>(
  service: Service<Schema>,
  config: Static<Schema>,
): Promise<string> {
  const database = await openDatabase("sqlite://:memory:");
  try {
    const app = await service.createApp({
      config,
      database,
      log: createLog({ service: service.name, level: "error", write: writeError }),
      metrics: createMetrics(),
      draining: () => false,
      now: Date.now,
      fetch,
      peerOf: () => "",
    });
    const response = await app.handle(new Request("http://localhost/swagger/json"));
    return `${JSON.stringify(await response.json(), null, 2)}\n`;
  } finally {
    await database.close();
  }
}

/**
 * Checks whether the running instance is ready.
 *
 * @throws OperatorError if it is not ready or does not respond
 */
export async function healthcheck({ HOST, PORT }: ServiceConfig): Promise<void> {
  const url = `${localUrl({ host: HOST, port: PORT })}/health/ready`;
  const signal = AbortSignal.timeout(HEALTHCHECK_TIMEOUT_MS);
  const response = await fetch(url, { signal }).catch((cause: Error) => {
    throw new OperatorError(`No response from ${url}: ${cause.message}`, { cause });
  });
  if (!response.ok) throw new OperatorError(`Not ready: ${await response.text()}`);
}

/** Applies pending migrations. */
export async function migrate<Schema extends ServiceSchema>(
  { migrations }: Service<Schema>,
  { DATABASE_URL }: ServiceConfig,
  { say }: Output,
): Promise<void> {
  const database = await openDatabase(DATABASE_URL);
  try {
    const applied = await database.migrate(migrations);
    for (const { version, name } of applied) say(`applied migration ${version} ${name}`);
    if (applied.length === 0) say("nothing to migrate");
  } finally {
    await database.close();
  }
}

/** Applies pending migrations, then loads data if the database is empty. */
export async function seed<Schema extends ServiceSchema>(
  service: Service<Schema>,
  { DATABASE_URL }: ServiceConfig,
  { options, output }: { options: Record<string, number>; output: Output },
): Promise<void> {
  useNormalJitPolicy();
  const database = await openDatabase(DATABASE_URL);
  try {
    await database.migrate(service.migrations);
    output.say(await service.seed(database, options, output));
  } finally {
    await database.close();
  }
}

export interface FileOptions {
  /** The file of the backup. */
  file: string;
  output: Output;
}

/** Copies the database to a file while it is in use. */
export async function backup<Schema extends ServiceSchema>(
  { migrations }: Service<Schema>,
  { DATABASE_URL }: ServiceConfig,
  { file, output: { say, progress } }: FileOptions,
): Promise<void> {
  const { backUp } = await import("../database/backup.ts");
  say(await backUp(DATABASE_URL, file, { migrations, progress }));
}

/** Restores a backup where no database exists yet. */
export async function restore<Schema extends ServiceSchema>(
  { migrations }: Service<Schema>,
  { DATABASE_URL }: ServiceConfig,
  { file, output: { say, progress } }: FileOptions,
): Promise<void> {
  const { restore } = await import("../database/backup.ts");
  say(await restore(DATABASE_URL, file, { migrations, progress }));
}

export interface ServeOptions {
  /** Lets another process listen on the same port. */
  reusePort: boolean;
  surroundings: Pick<Surroundings, "env" | "on" | "exit">;
}

/**
 * Serves until a signal arrives, then finishes the requests in flight. No log line or span is lost.
 */
export async function serve<Schema extends ServiceSchema>(
  service: Service<Schema>,
  config: Static<Schema>,
  { reusePort, surroundings }: ServeOptions,
): Promise<void> {
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
    await serveUntilStopped(service, config, { telemetry, reusePort, surroundings, end });
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
  { telemetry, reusePort, surroundings, end }: ServeProcessOptions,
): Promise<void> {
  const { HOST: host, PORT: port } = config;
  const { log, metrics, tracer } = telemetry;

  // The answer arrives while the rest starts.
  const hangupIgnored = isHangupIgnored();
  // Checked first, so that starting twice by mistake does not migrate under the running instance.
  if (!reusePort) requireFree({ host, port });
  const database = await openDatabase(config.DATABASE_URL, { metrics, tracer });
  try {
    for (const { version, name } of await database.migrate(service.migrations)) {
      log.info("applied migration", { version, name });
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
      fetch,
      peerOf: (request) => server.requestIP(request)?.address ?? "",
    });
    const server: Bun.Server<undefined> = listen({ app, host, port, reusePort });

    const sweeper = setInterval(() => {
      sweepKeys(database, Date.now()).catch((error) =>
        log.warn("failed to delete expired idempotency keys", { error }),
      );
    }, SWEEP_INTERVAL_MS);

    const unwatch = watchDescriptors(log);

    const stopRequested = Promise.withResolvers<void>();
    const requestStop = () => {
      if (draining) end(1);
      draining = true;
      stopRequested.resolve();
    };
    surroundings.on("SIGTERM", requestStop);
    surroundings.on("SIGINT", requestStop);
    if (!(await hangupIgnored)) surroundings.on("SIGHUP", requestStop);

    const url = localUrl({ host, port: server.port ?? port, loopback: "localhost" });
    logListening(log, { url, docs: `${url}/swagger`, version: VERSION });
    useNormalJitPolicy();

    await stopRequested.promise;
    log.info("draining", { in_flight: server.pendingRequests });
    await stop({
      server,
      log,
      graceMs: config.SHUTDOWN_GRACE_MS,
      timeoutMs: config.SHUTDOWN_TIMEOUT_MS,
    });
    clearInterval(sweeper);
    unwatch();
  } finally {
    await database.close();
  }
}

/** The build postpones compilation for a quick start. Long-running commands need it. */
function useNormalJitPolicy(): void {
  Bun.unsafe.setJITPolicy(1);
}
