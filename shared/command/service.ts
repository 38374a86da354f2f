/** What a service is to the commands of its executable. */
import type { TObject } from "@sinclair/typebox";

import type { Database, Migration } from "../database/database.ts";
import type { CommonConfig } from "../process/config.ts";
import type { Log } from "../process/log.ts";
import type { Output } from "../process/output.ts";

type CommonValues = { [Name in keyof typeof CommonConfig]: (typeof CommonConfig)[Name]["static"] };
export type ServiceConfig = CommonValues & { PORT: number; DATABASE_URL: string };

/** A service, as its `main.ts` describes it. */
export interface Service<Config extends ServiceConfig> {
  name: string;
  /** One line for `--help`. */
  summary: string;
  config: TObject;
  migrations: readonly Migration[];
  /** A promise, so that the commands that need no app do not load it. */
  createApp(parts: Parts<Config>): Promise<App>;
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
  /** Whether the service is about to end. */
  draining: () => boolean;
}

export interface App {
  fetch(request: Request): Response | Promise<Response>;
  handle(request: Request): Promise<Response>;
}
