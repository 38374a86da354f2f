/** The service as its executable, the tests and the benchmarks use it. */
import type { Service } from "../platform/command/service.ts";
import { SERVICES } from "../services.ts";
import { OrdersConfig } from "./config.ts";
import { migrations } from "./migrations.ts";
import { seed, seedOptions } from "./seed.ts";

export const service: Service<typeof OrdersConfig> = {
  name: "orders",
  family: SERVICES,
  summary: "the orders of users",
  config: OrdersConfig,
  migrations,
  async createApp(parts) {
    const { createApp } = await import("./app.ts");
    return createApp(parts);
  },
  seedOptions,
  seed,
};
