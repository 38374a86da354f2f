/** The executable: the process meets the service here and nowhere else. */
import { run } from "../shared/command/cli.ts";
import { UsersConfig } from "./config.ts";
import { migrations } from "./migrations.ts";
import { seed, seedOptions } from "./seed.ts";

void run(
  {
    name: "users",
    summary: "who can order",
    config: UsersConfig,
    migrations,
    async createApp({ config, ...parts }) {
      const { createApp } = await import("./app.ts");
      return createApp({ ...parts, maxBodyBytes: config.MAX_BODY_BYTES });
    },
    seedOptions,
    seed,
  },
  process,
);
