/** `GET /health/live` and `GET /health/ready`, for probes and load balancers. */
import { Elysia } from "elysia";

import type { Database } from "../database/database.ts";
import type { Log } from "../process/log.ts";
import type { Metrics } from "../process/metrics.ts";
import { LIVE, READY } from "./operational.ts";
import { OPEN } from "./security.ts";

export interface HealthOptions {
  database: Database;
  draining: () => boolean;
  log: Log;
  metrics: Metrics;
  /** Dependencies besides the database that the service cannot be ready without. Default: none */
  needed?: Record<string, () => Promise<void>>;
  /** Dependencies that are reported but do not affect readiness. Default: none */
  degradable?: Record<string, () => Promise<void>>;
  /** The time limit of a check, in milliseconds. Default: 500, shorter than that of any probe */
  timeoutMs?: number;
  /** A monotonic clock, in milliseconds. Default: `performance.now` */
  now?: () => number;
}

/**
 * How long the result of a check is used again, however often readiness is asked for. A failure
 * for less long, so that a dependency that is back is soon seen.
 */
const KEPT_MS = { ok: 1_000, unavailable: 100 };

type State = "ok" | "unavailable";

/**
 * Live: the process responds. Ready: the database can be read and written, and the service is not
 * shutting down; otherwise 503. Neither response gives reasons, which are in the log.
 */
export function health({
  database,
  draining,
  log,
  metrics,
  needed = {},
  degradable = {},
  timeoutMs = 500,
  now = () => performance.now(),
}: HealthOptions) {
  /** Returns a check that runs once at a time, and not again while its result is kept. */
  function checkOf([name, ping]: [string, () => Promise<void>]) {
    let state: Promise<State> | undefined;
    let keptUntil = -Infinity;
    // Until the ping has settled, even if it took too long: a new one would hang as well.
    let isPinging = false;
    let last: State = "ok";
    metrics.gauge({
      name: "health_check_up",
      help: "Whether the last check succeeded that readiness asked for; 1 before the first",
      labels: { check: name, needed: String(!(name in degradable)) },
      read: () => Number(last === "ok"),
    });

    async function check(): Promise<State> {
      isPinging = true;
      const pinged = Promise.try(ping).finally(() => (isPinging = false));
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => late.reject(new Error("The check took too long")), timeoutMs);
      let result: State = "ok";
      try {
        await Promise.race([pinged, late.promise]);
      } catch (error) {
        log.warn("health check failed", { check: name, error });
        result = "unavailable";
      }
      clearTimeout(timer);
      last = result;
      keptUntil = now() + KEPT_MS[result];
      return result;
    }

    return async (): Promise<[string, State]> => {
      if (!state || (!isPinging && now() >= keptUntil)) {
        keptUntil = Infinity;
        state = check();
      }
      return [name, await state];
    };
  }
  const all = { database: () => database.ping(), ...needed, ...degradable };
  const checks = Object.entries(all).map(checkOf);

  return new Elysia()
    .get(LIVE, () => ({ status: "alive" }), { detail: { hide: true, ...OPEN } })
    .get(
      READY,
      async ({ set }) => {
        const states = await Promise.all(checks.map((check) => check()));
        const missing = states.filter(([, state]) => state !== "ok").map(([name]) => name);
        const ready = missing.every((name) => name in degradable) && !draining();
        set.status = ready ? 200 : 503;
        return {
          status: draining() ? "draining" : ready ? "ready" : "unready",
          degraded: missing.some((name) => name in degradable),
          checks: Object.fromEntries(states),
        };
      },
      { detail: { hide: true, ...OPEN } },
    );
}
