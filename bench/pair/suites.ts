/** The comparisons that need `users` and `orders`. `bench/main.ts` adds them to its own. */
import type { Suites } from "../rounds.ts";
import { compareHops } from "./hop.ts";
import { compareIdentities } from "./identity.ts";
import { measureInside } from "./inside.ts";
import { measureLatency } from "./latency.ts";
import { measureLowLoad } from "./low-load.ts";
import { comparePages } from "./pages.ts";
import { measurePostgresCosts } from "./postgres-cost.ts";
import { comparePostgresReads } from "./postgres-read.ts";
import { compareReads } from "./read.ts";
import { measureReplicas } from "./replicas.ts";
import { compareTelemetry } from "./telemetry.ts";
import { compareWrites } from "./write.ts";

export const suites: Suites = {
  inside: measureInside,
  read: compareReads,
  postgres: comparePostgresReads,
  identity: compareIdentities,
  hop: compareHops,
  write: compareWrites,
  pages: comparePages,
  telemetry: compareTelemetry,
  latency: measureLatency,
  "postgres-cost": measurePostgresCosts,
  "low-load": measureLowLoad,
  replicas: measureReplicas,
};
