/** The executable: the process meets the service here and nowhere else. */
import { run } from "../shared/command/cli.ts";
import { OrdersConfig } from "./config.ts";
import { migrations } from "./migrations.ts";
import { seed, seedOptions } from "./seed.ts";

void run(
  {
    name: "orders",
    summary: "what users order",
    config: OrdersConfig,
    migrations,
    async createApp({ config, ...parts }) {
      const { createApp } = await import("./app.ts");
      const { createUsersClient } = await import("./users-client.ts");
      return createApp({
        ...parts,
        users: createUsersClient({
          baseUrl: config.USERS_URL,
          timeoutMs: config.USERS_TIMEOUT_MS,
        }),
        maxBodyBytes: config.MAX_BODY_BYTES,
      });
    },
    seedOptions,
    seed,
  },
  process,
);
