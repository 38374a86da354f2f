/** The commands of an executable, but for `help` and `version`. */
import type { Static } from "@sinclair/typebox";

import type { Database } from "../database/database.ts";
import { openDatabase } from "../database/open-database.ts";
import { DIRECT } from "../http/fetch.ts";
import { localUrl } from "../http/server.ts";
import { scopesOf } from "../identity/scopes.ts";
import { printed } from "../openapi/printed.ts";
import { createLog } from "../process/log.ts";
import { createMetrics } from "../process/metrics.ts";
import { OperatorError } from "../process/operator-error.ts";
import { type Output, writeError } from "../process/output.ts";
import { serve, useNormalJitPolicy } from "./serve.ts";
import type { Service, ServiceConfig, ServiceSchema, Surroundings } from "./service.ts";
import { token } from "./token.ts";

/** Shorter than the timeout of any orchestrator. */
const HEALTHCHECK_TIMEOUT_MS = 2_000;

export interface Command<Config = ServiceConfig> {
  /** For `--help`. */
  summary: string;
  /** By name. Default: none */
  options?: Record<string, Option>;
  run(invocation: Invocation<Config>): Promise<void>;
}

export interface Option {
  /** The kind of its value; a file is required. Default: it takes none */
  value?: "number" | "text" | "file";
  /** Its one-letter form. Default: none */
  short?: string;
  /** For `--help`. */
  summary: string;
}

export interface Invocation<Config> {
  config: Config;
  /** The values as written; a switch that is set has an empty one. */
  options: Readonly<Record<string, string>>;
  output: Output;
  surroundings: Surroundings;
}

/** Returns the commands of a service by name, in the order of `--help`. */
export function commandsOf<Schema extends ServiceSchema>(
  service: Service<Schema>,
): Record<string, Command<Static<Schema>>> {
  const { name, migrations, family, seedOptions } = service;

  /** A command that runs once must not take the connections of the services. */
  async function withDatabase(
    { DATABASE_URL }: ServiceConfig,
    warn: Output["say"],
    use: (database: Database) => Promise<void>,
  ): Promise<void> {
    const options = { applicationName: name, connectionsMax: 1, warn };
    const database = await openDatabase(DATABASE_URL, options);
    try {
      await use(database);
    } finally {
      await database.close();
    }
  }

  return {
    serve: {
      summary: "respond to requests (the default)",
      options: {
        "reuse-port": { summary: "share the port with a running one" },
        "no-migrate": {
          summary: "do not change the schema: stay not ready until `migrate` has updated it",
        },
        seed: { summary: "first load demo data into an empty database" },
      },
      run: ({ config, options, surroundings }) =>
        serve(service, config, {
          reusePort: "reuse-port" in options,
          migrates: !("no-migrate" in options),
          seeds: "seed" in options,
          surroundings,
        }),
    },
    migrate: {
      summary: "update the schema of the database and exit",
      run: ({ config, output: { say } }) =>
        withDatabase(config, say, async (database) => {
          const applied = await database.migrate(migrations, say);
          for (const { version, name } of applied) say(`applied migration ${version} ${name}`);
          if (applied.length === 0) say("nothing to migrate");
        }),
    },
    seed: {
      summary: "load demo data into an empty database, or go on with an interrupted load",
      options: Object.fromEntries(
        Object.entries(seedOptions).map(([name, summary]) => [name, { value: "number", summary }]),
      ),
      run: ({ config, options, output }) =>
        withDatabase(config, output.say, async (database) => {
          useNormalJitPolicy();
          await database.migrate(migrations, output.progress);
          output.progress("");
          const numbers = Object.entries(options).map(([name, value]) => [name, Number(value)]);
          const { text } = await service.seed(database, Object.fromEntries(numbers), output);
          output.say(text);
        }),
    },
    backup: {
      summary: "copy a SQLite database while it is in use",
      options: {
        to: { value: "file", summary: "the copy, which must not exist yet" },
        "full-check": { summary: "also compare every index with its table" },
      },
      async run({ config, options, output: { say, progress } }) {
        const { backUp } = await import("../database/backup.ts");
        const fullCheck = "full-check" in options;
        const { to = "" } = options;
        say(await backUp(config.DATABASE_URL, to, { migrations, progress, fullCheck }));
      },
    },
    restore: {
      summary: "restore a backup where no database exists yet",
      options: { from: { value: "file", summary: "the backup" } },
      async run({ config, options: { from = "" }, output: { say, progress } }) {
        const { restore } = await import("../database/backup.ts");
        say(await restore(config.DATABASE_URL, from, { migrations, progress }));
      },
    },
    token: {
      summary: "print a token signed with AUTH_SECRET",
      options: {
        sub: { value: "text", summary: "whom it is for: the id of a user, or a name" },
        scope: { value: "text", summary: "what it allows: scopes, separated by spaces" },
        expires: { value: "text", summary: "how long it is valid, such as 30m, 1h or 7d" },
      },
      run: ({ config, options, output }) =>
        token(config, options, { scopes: scopesOf(family), output }),
    },
    openapi: {
      summary: "print the OpenAPI document",
      run: async ({ config, output }) => output.print(await openapi(service, config)),
    },
    healthcheck: {
      summary: "check whether the running service is ready: exit code 0 or 1",
      run: ({ config }) => healthcheck(config),
    },
  };
}

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
    const document = printed(await app.document(), {
      port: config.PORT,
      basePath: config.BASE_PATH,
    });
    return `${JSON.stringify(document, null, 2)}\n`;
  } finally {
    await database.close();
  }
}

/**
 * Checks whether the running instance is ready.
 *
 * @throws OperatorError if it is not ready or does not respond
 */
async function healthcheck({ HOST, PORT }: ServiceConfig): Promise<void> {
  const url = `${localUrl({ host: HOST, port: PORT })}/health/ready`;
  const signal = AbortSignal.timeout(HEALTHCHECK_TIMEOUT_MS);
  const response = await fetch(url, { signal, ...DIRECT }).catch((cause: NodeJS.ErrnoException) => {
    const reason = typeof cause.code === "string" ? cause.code : cause.message;
    throw new OperatorError(`No response from ${url}: ${reason}`, { cause });
  });
  if (!response.ok) throw new OperatorError(`Not ready: ${await response.text()}`);
}
