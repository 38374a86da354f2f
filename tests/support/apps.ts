/** Services with the demo data: apps in this process, or executables where there are any to test. */
import { CALLEES, type ServiceName, SERVICES, urlVariableOf } from "../../services.ts";
import type { App } from "../../shared/command/service.ts";
import type { Database } from "../../shared/database/database.ts";
import { openDatabase } from "../../shared/database/open-database.ts";
import type { Fetch } from "../../shared/http/call/client.ts";
import { readConfig } from "../../shared/process/config.ts";
import { type Log, silent } from "../../shared/process/log.ts";
import { createMetrics } from "../../shared/process/metrics.ts";
import type { Output } from "../../shared/process/output.ts";
import { type Conformance, createConformance, documentOf } from "./document.ts";
import { temporaryFolder } from "./folders.ts";
import { EXECUTABLES, type Running, startService } from "./processes.ts";
import { definitionOf } from "./services.ts";

/** What is shown is how it is, and not how it was. */
export const TRUTH = Object.fromEntries(
  CALLEES.flatMap((asked) =>
    ["CACHE_TTL_MS", "STALE_MS"].map((name) => [`${asked.toUpperCase()}_${name}`, "0"]),
  ),
);

const nowhere: Output = { say() {}, progress() {}, print() {} };

export interface ServiceOptions {
  /** The variables that it is told; those that are another service's are left out. Default: {@link TRUTH} */
  environment?: Record<string, string>;
  /** Default: a database of its own, which goes with it */
  databaseUrl?: string;
  /** How it asks other services. Default: over the network */
  fetch?: Fetch;
  log?: Log;
  now?: () => number;
  draining?: () => boolean;
  /** The address of whoever sends a request. Default: none */
  peerOf?: (request: Request) => string;
}

/** A service that is open, and that a test may ask. */
export interface Opened extends App {
  /** Where other services find it. */
  url: string;
  database: Database;
  close(): Promise<void>;
}

/**
 * One service with the demo data. Every response of `handle` is checked against the OpenAPI document of
 * the service; one that does not fit fails the test that asked.
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
  // The tested one counts and logs what it is asked: another one is asked for the document.
  const shown = readConfig(service.config, { ...environment, DOCS: "on" });
  const apart = { config: shown, log: silent, metrics: createMetrics() };
  const document = () => service.createApp({ ...parts, ...apart }).then(documentOf);
  return {
    url: running?.url ?? `http://${name}`,
    fetch: (request) => app.fetch(request),
    routes: app.routes,
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
  /** Default: a database of its own for each, which goes with it */
  databaseUrls?: Record<ServiceName, string>;
}

/** All services, joined: each asks the others in this process, with no port and no mock. */
export async function openApps({ environment = {}, databaseUrls, ...options }: AppsOptions = {}) {
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
      ...(databaseUrls && { databaseUrl: databaseUrls[name] }),
    });
  }
  return {
    ...opened,
    async close() {
      for (const { name } of SERVICES.toReversed()) await opened[name].close();
    },
  };
}

/** The `users` service with the demo data on a port, in this process: whatever is tested, it is there. */
export async function serveUsers() {
  const users = await openService("users");
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: users.fetch });
  return {
    url: server.url.origin,
    async stop() {
      await server.stop(true);
      await users.close();
    },
  };
}

function over({ url }: Running) {
  return async (request: Request) => {
    const { origin } = new URL(request.url);
    const target = new Request(request.url.replace(origin, url), request);
    const { status, headers, body } = await fetch(target, { redirect: "manual" });
    const kept = new Headers(headers);
    // The server's own, and not in every response.
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

/** By what the services are told: their documents depend on that, and validators take a while to compile. */
const conformances = new Map<string, Promise<Conformance>>();

function conformanceOf(
  service: string,
  document: () => ReturnType<typeof documentOf>,
): Promise<Conformance> {
  const conformance = conformances.get(service) ?? document().then(createConformance);
  conformances.set(service, conformance);
  return conformance;
}
