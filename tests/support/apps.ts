import type { Fetch } from "../../platform/call/client.ts";
import type { App } from "../../platform/command/service.ts";
import type { Database } from "../../platform/database/database.ts";
import { openDatabase } from "../../platform/database/open-database.ts";
import { readConfig } from "../../platform/process/config.ts";
import { type Log, silent } from "../../platform/process/log.ts";
import { createMetrics } from "../../platform/process/metrics.ts";
import type { Output } from "../../platform/process/output.ts";
/** Services with the demo data: apps in this process, or executables if TEST_EXECUTABLES is set. */
import {
  CALLEES,
  type ServiceName,
  serviceNamed,
  SERVICES,
  urlVariableOf,
} from "../../services.ts";
import { type Conformance, createConformance, documentOf } from "./document.ts";
import { temporaryFolder } from "./folders.ts";
import { EXECUTABLES, type Running, startService } from "./processes.ts";
import { definitionOf } from "./services.ts";

/** Turns the caches off, so that responses show the current state. */
export const TRUTH = Object.fromEntries(
  CALLEES.flatMap((asked) =>
    ["CACHE_TTL_MS", "STALE_MS"].map((name) => [`${asked.toUpperCase()}_${name}`, "0"]),
  ),
);

const nowhere: Output = { say() {}, progress() {}, print() {} };

export interface ServiceOptions {
  /** Variables of the service; those of other services are ignored. Default: {@link TRUTH} */
  environment?: Record<string, string>;
  /** Default: a new database, removed on close */
  databaseUrl?: string;
  /** How it calls other services. Default: over the network */
  fetch?: Fetch;
  log?: Log;
  now?: () => number;
  draining?: () => boolean;
  /** Address of the client of a request. Default: none */
  peerOf?: (request: Request) => string;
}

/** A running service that a test can send requests to. */
export interface Opened extends App {
  /** URL for other services. */
  url: string;
  database: Database;
  close(): Promise<void>;
}

/**
 * Opens one service with the demo data. Every response of `handle` is checked against the OpenAPI
 * document of the service; a response that does not match fails the test.
 */
export async function openService(
  name: ServiceName,
  {
    environment: given = {},
    databaseUrl,
    fetch = globalThis.fetch,
    log = silent,
    now = Date.now,
    draining = () => false,
    peerOf = () => "",
  }: ServiceOptions = {},
): Promise<Opened> {
  const service = await definitionOf(name);
  const folder = EXECUTABLES ? temporaryFolder() : undefined;
  const url = databaseUrl ?? `sqlite://${folder ? `${folder.path}/${name}.db` : ":memory:"}`;
  const database = await openDatabase(url);
  await database.migrate(service.migrations);
  await service.seed(database, {}, nowhere);

  const environment = { ...TRUTH, ...given };
  const config = readConfig(service.config, environment);
  const parts = { config, database, now, fetch, draining, peerOf };
  const app = await service.createApp({ ...parts, log, metrics: createMetrics() });
  const running = EXECUTABLES
    ? await startService(name, { ...environment, DATABASE_URL: url })
    : undefined;
  const asked = running ? over(running) : (request: Request) => app.handle(request);
  // The tested app counts and logs its requests, so another app serves the document.
  const shown = readConfig(service.config, { ...environment, DOCS: "on" });
  const apart = { config: shown, log: silent, metrics: createMetrics() };
  const document = () => service.createApp({ ...parts, ...apart }).then(documentOf);
  return {
    url: running?.url ?? `http://${name}`,
    fetch: (request) => app.fetch(request),
    routes: app.routes,
    document: app.document,
    handle: conforming(asked, () =>
      conformanceOf(`${name} ${JSON.stringify(environment)}`, document),
    ),
    database,
    async close() {
      await running?.stop();
      await database.close();
      folder?.[Symbol.dispose]();
    },
  };
}

export interface AppsOptions extends Omit<ServiceOptions, "databaseUrl"> {
  /** Default, also for those without: a new database for each, removed on close */
  databaseUrls?: Partial<Record<ServiceName, string>>;
}

/** Opens all services in this process: they call each other without a port and without mocks. */
export async function openApps({
  environment = {},
  databaseUrls = {},
  ...options
}: AppsOptions = {}) {
  const opened = {} as Record<ServiceName, Opened>;
  const byUrl: Fetch = (target, init) => {
    const asked = Object.values(opened).find(({ url }) => target.startsWith(`${url}/`));
    return asked ? asked.handle(new Request(target, init)) : fetch(target, init);
  };
  for (const { name, calls } of SERVICES) {
    const urls = calls.map((asked) => [urlVariableOf(asked), opened[asked].url]);
    opened[name] = await openService(name, {
      fetch: byUrl,
      ...options,
      environment: { ...Object.fromEntries(urls), ...environment },
      ...(databaseUrls[name] && { databaseUrl: databaseUrls[name] }),
    });
  }
  return {
    ...opened,
    async close() {
      for (const { name } of SERVICES.toReversed()) await opened[name].close();
    },
  };
}

/**
 * Serves what a service calls, with the demo data, in this process. `environment` tells the service
 * where.
 */
export async function serveCalleesOf(name: ServiceName, environment: Record<string, string> = {}) {
  const urls: Record<string, string> = {};
  const stops: (() => Promise<void>)[] = [];
  for (const callee of serviceNamed(name).calls) {
    const below = await serveCalleesOf(callee, environment);
    const opened = await openService(callee, {
      environment: { ...environment, ...below.environment },
    });
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: opened.fetch });
    urls[urlVariableOf(callee)] = server.url.origin;
    stops.push(async () => {
      await server.stop(true);
      await opened.close();
      await below.stop();
    });
  }
  return {
    environment: urls,
    async stop() {
      for (const stop of stops) await stop();
    },
  };
}

function over({ url }: Running) {
  return async (request: Request) => {
    const { origin } = new URL(request.url);
    const target = new Request(request.url.replace(origin, url), request);
    const { status, headers, body } = await fetch(target, { redirect: "manual" });
    const kept = new Headers(headers);
    // The server adds it, and the document does not declare it.
    kept.delete("date");
    return new Response(body, { status, headers: kept });
  };
}

type Handle = (request: Request) => Promise<Response>;

function conforming(handle: Handle, conformance: () => Promise<Conformance>): Handle {
  return async (request) => {
    const { method, url } = request;
    const response = await handle(request);
    await (await conformance()).check({ method, url }, response);
    return response;
  };
}

/** By configuration, on which the documents depend. Compiling validators is slow. */
const conformances = new Map<string, Promise<Conformance>>();

function conformanceOf(
  service: string,
  document: () => ReturnType<typeof documentOf>,
): Promise<Conformance> {
  const conformance = conformances.get(service) ?? document().then(createConformance);
  conformances.set(service, conformance);
  return conformance;
}
