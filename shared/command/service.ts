/** What a service is to the commands of its executable. */
import type { Static, TObject } from "@sinclair/typebox";
import type { AnyElysia } from "elysia";

import type { ServiceName } from "../../services.ts";
import type { Database, Migration } from "../database/database.ts";
import type { Fetch } from "../http/call/client.ts";
import type { MaybePromise } from "../process/and-then.ts";
import type { commonConfigOf } from "../process/config.ts";
import type { Log } from "../process/log.ts";
import type { Metrics } from "../process/metrics.ts";
import type { Output } from "../process/output.ts";
import type { Tracer } from "../process/trace/tracer.ts";

/** What every service is told. */
export type ServiceConfig = Static<TObject<ReturnType<typeof commonConfigOf>>>;
/** The variables of a service: those of every service, and its own. */
export type ServiceSchema = TObject & { static: ServiceConfig };

/** A service, as its `service.ts` describes it. */
export interface Service<Schema extends ServiceSchema> {
  name: ServiceName;
  /** One line for `--help`. */
  summary: string;
  config: Schema;
  migrations: readonly Migration[];
  /** A promise, so that the commands that need no app do not load it. */
  createApp(parts: Parts<Static<Schema>>): Promise<App>;
  /** The options of `seed`, each a number, with what they mean. */
  seedOptions: Record<string, string>;
  /** Loads demo data, or as much as the options say, and tells what it did. */
  seed(database: Database, options: Record<string, number>, output: Output): Promise<string>;
}

/** What an app is made with. */
export interface Parts<Config> {
  config: Config;
  database: Database;
  log: Log;
  /** Where everything is counted, and what `GET /metrics` shows. */
  metrics: Metrics;
  /** Where spans go. Default: nowhere */
  tracer?: Tracer | undefined;
  /** Whether the service is about to end. */
  draining: () => boolean;
  /** The clock: milliseconds since 1970. */
  now: () => number;
  /** How other services are asked: over the network, or by a test in this process. */
  fetch: Fetch;
  /** Who opened the connection of a request; empty if that has no address. */
  peerOf: (request: Request) => string;
}

export interface App {
  /** What a server is given. */
  fetch(request: Request): MaybePromise<Response>;
  handle(request: Request): Promise<Response>;
  /** What it has been told to respond to. */
  readonly routes: AnyElysia["routes"];
}

/** What a command takes of `process`, which only `main.ts` touches. */
export interface Surroundings {
  argv: readonly string[];
  env: Record<string, string | undefined>;
  on(event: "SIGTERM" | "SIGINT" | "SIGHUP", handler: () => void): unknown;
  on(event: "uncaughtException" | "unhandledRejection", handler: (error: unknown) => void): unknown;
  exit(code: number): void;
}
