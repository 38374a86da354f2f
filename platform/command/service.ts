/** The interface between a service and the commands of its executable. */
import type { Static, TObject } from "@sinclair/typebox";
import type { AnyElysia } from "elysia";

import type { Fetch } from "../call/client.ts";
import type { Database, Migration } from "../database/database.ts";
import type { Seeded } from "../database/seed.ts";
import type { OpenApiDocument } from "../openapi/document.ts";
import type { MaybePromise } from "../process/and-then.ts";
import type { CommonSchema } from "../process/config.ts";
import type { Family } from "../process/family.ts";
import type { Log } from "../process/log.ts";
import type { Metrics } from "../process/metrics.ts";
import type { Output } from "../process/output.ts";
import type { Tracer } from "../process/trace/tracer.ts";

/** The configuration that every service has. */
export type ServiceConfig = Static<CommonSchema>;
/** The schema of the variables of a service: the common ones and its own. */
export type ServiceSchema = TObject & { static: ServiceConfig };

/** A service, as its `service.ts` describes it. */
export interface Service<Schema extends ServiceSchema> {
  name: string;
  /** All services, this one included: their scopes, and the width of their names in a terminal. */
  family: Family;
  /** One line for `--help`. */
  summary: string;
  config: Schema;
  migrations: readonly Migration[];
  /** Async, so that commands that need no app do not load it. */
  createApp(parts: Parts<Static<Schema>>): Promise<App>;
  /** The options of `seed`, each a number, with their descriptions. */
  seedOptions: Record<string, string>;
  /** Loads demo data, or as much as the options say. */
  seed(
    database: Database,
    options: Record<string, number>,
    output: Pick<Output, "progress">,
  ): Promise<Seeded>;
}

/** The dependencies of an app. */
export interface Parts<Config> {
  config: Config;
  database: Database;
  log: Log;
  /** Where metrics are registered, and what `GET /metrics` shows. */
  metrics: Metrics;
  /** Where spans go. Default: nowhere */
  tracer?: Tracer | undefined;
  /** Whether the service is shutting down. */
  draining: () => boolean;
  /** The clock: milliseconds since 1970. */
  now: () => number;
  /** Registers what to write before the process ends. Default: nothing is held back */
  atEnd?: (write: () => void) => void;
  /** Sends requests to other services: over the network, or in a test within this process. */
  fetch: Fetch;
  /** Returns the address of the connection of a request; empty if it has none. */
  peerOf: (request: Request) => string;
}

export interface App {
  /** For the server. */
  fetch(request: Request): MaybePromise<Response>;
  handle(request: Request): Promise<Response>;
  /** The path of the service behind a proxy. Default: none */
  readonly basePath?: string;
  /** The registered routes. */
  readonly routes: AnyElysia["routes"];
  /** Returns its OpenAPI document, also with DOCS=off. */
  document(): Promise<OpenApiDocument>;
}

/** The part of `process` that commands use. Only `main.ts` touches `process` itself. */
export interface Surroundings {
  argv: readonly string[];
  env: Record<string, string | undefined>;
  on(event: NodeJS.Signals, handler: () => void): unknown;
  on(event: "uncaughtException" | "unhandledRejection", handler: (error: unknown) => void): unknown;
  exit(code: number): void;
}
