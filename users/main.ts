/** The executable: arguments, environment and signals meet the service here and nowhere else. */
import { run } from "../shared/cli.ts";
import { createApp } from "./app.ts";
import { UsersConfig } from "./config.ts";
import { migrations } from "./migrations.ts";
import { seed, seedOptions } from "./seed.ts";

void run<UsersConfig>(
  {
    name: "users",
    summary: "who can order",
    config: UsersConfig,
    migrations,
    createApp: ({ config, ...parts }) =>
      createApp({ ...parts, maxBodyBytes: config.MAX_BODY_BYTES }),
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
