/** The executable: arguments, environment and signals meet the service here and nowhere else. */
import { run } from "../shared/cli.ts";
import { createApp } from "./app.ts";
import { OrdersConfig } from "./config.ts";
import { migrations } from "./migrations.ts";
import { seed, seedOptions } from "./seed.ts";
import { createUsersClient } from "./users-client.ts";

void run<OrdersConfig>(
  {
    name: "orders",
    summary: "what users order",
    config: OrdersConfig,
    migrations,
    createApp: ({ config, ...parts }) =>
      createApp({
        ...parts,
        users: createUsersClient({
          baseUrl: config.USERS_URL,
          timeoutMs: config.USERS_TIMEOUT_MS,
        }),
        maxBodyBytes: config.MAX_BODY_BYTES,
      }),
    seedOptions,
    seed,
  },
  {
    args: process.argv.slice(2),
    environment: process.env,
    onStop: (handler) => void process.on("SIGTERM", handler).on("SIGINT", handler),
    exit: (code) => process.exit(code),
    say: (line) => void process.stderr.write(`${line}\n`),
    print: (text) => void process.stdout.write(text),
  },
).then((code) => {
  process.exitCode = code;
});
