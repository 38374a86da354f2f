/** `GET /health/live` and `GET /health/ready`, for probes and load balancers. */
import { Elysia } from "elysia";

import type { Database } from "../database/database.ts";
import type { Log } from "../process/log.ts";
import { OPEN } from "./security.ts";

export interface HealthOptions {
  database: Database;
  draining: () => boolean;
  log: Log;
  /** Dependencies besides the database that the service cannot be ready without. Default: none */
  needed?: Record<string, () => Promise<void>>;
  /** Dependencies that are reported but do not affect readiness. Default: none */
  degradable?: Record<string, () => Promise<void>>;
  /** The time limit of a check, in milliseconds. Default: 500, shorter than that of any probe */
  timeoutMs?: number;
}

type Check = [name: string, state: "ok" | "unavailable"];

/**
 * Live: the process responds. Ready: the database can be read and written, and the service is not
 * shutting down; otherwise 503. Neither response gives reasons, which are in the log.
 */
export function health({
  database,
  draining,
  log,
  needed = {},
  degradable = {},
  timeoutMs = 500,
}: HealthOptions) {
  async function check(name: string, ping: () => Promise<void>): Promise<Check> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error("The check took too long")), timeoutMs);
    try {
      await Promise.race([ping(), late.promise]);
      return [name, "ok"];
    } catch (error) {
      log.warn("health check failed", { check: name, error });
      return [name, "unavailable"];
    } finally {
      clearTimeout(timer);
    }
  }

  return new Elysia()
    .get("/health/live", () => ({ status: "alive" }), { detail: { hide: true, ...OPEN } })
    .get(
      "/health/ready",
      async ({ set }) => {
        const all = { database: () => database.ping(), ...needed, ...degradable };
        const checks = await Promise.all(
          Object.entries(all).map(([name, ping]) => check(name, ping)),
        );
        const missing = checks.filter(([, state]) => state !== "ok").map(([name]) => name);
        const ready = missing.every((name) => name in degradable) && !draining();
        set.status = ready ? 200 : 503;
        return {
          status: draining() ? "draining" : ready ? "ready" : "unready",
          degraded: missing.some((name) => name in degradable),
          checks: Object.fromEntries(checks),
        };
      },
      { detail: { hide: true, ...OPEN } },
    );
}
