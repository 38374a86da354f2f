/** The service as its executable, the tests and the benchmarks use it. */
import type { Service } from "../platform/service.ts";
import { SERVICES } from "../services.ts";
import { OrdersConfig } from "./config.ts";
import { migrations } from "./migrations.ts";

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
  seedOptions: {
    orders: "create N instead, with the ids 1 to N",
    users: "assign them to the users 1 to N [2]",
  },
  async seed(...given) {
    const { seed } = await import("./seed.ts");
    return seed(...given);
  },
};
