/** The service as its executable, the tests and the benchmarks use it. */
import type { Service } from "../platform/service.ts";
import { SERVICES } from "../services.ts";
import { SamplesConfig } from "./config.ts";
import { migrations } from "./migrations.ts";

export const service: Service<typeof SamplesConfig> = {
  name: "samples",
  family: SERVICES,
  summary: "the samples, each of one user",
  config: SamplesConfig,
  migrations,
  async createApp(parts) {
    const { createApp } = await import("./app.ts");
    return createApp(parts);
  },
  seedOptions: { samples: "create N instead, with the ids 1 to N" },
  async seed(...given) {
    const { seed } = await import("./seed.ts");
    return seed(...given);
  },
};
