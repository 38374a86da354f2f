/** The routes for those who operate a service: probes and scrapes. */
import { Elysia } from "elysia";

import type { Metrics } from "../process/metrics.ts";
import { createScrape } from "./metrics.ts";
import { type Scope, scopesIn, type Security } from "./security.ts";

export const METRICS = "/metrics";
const HEALTH = "/health/";

/** Whether the process responds, and whether the service can do its work. */
export const [LIVE, READY] = [`${HEALTH}live`, `${HEALTH}ready`] as const;

export const OPERATIONAL = [LIVE, READY, METRICS];

/** Whether the path is for a probe. */
export function isProbe(path: string): boolean {
  return path.startsWith(HEALTH);
}

/**
 * Whether the path is for a probe or a scrape. No load and no rate limit refuses them. They arrive
 * every few seconds, and are in the log only if they fail.
 */
export function isOperational(path: string): boolean {
  return isProbe(path) || path === METRICS;
}

export interface ScrapeOptions {
  metrics: Metrics;
  /** Who may read them. */
  needs: Security;
  /** Throws if the caller of the request has none of the scopes. */
  authorization: { authorize(request: Request, needed: readonly Scope[]): void };
  /** Whether a request may read them anyway. Default: none may */
  isScraper?: ((request: Request) => boolean) | undefined;
}

/** `GET /metrics`, in the text format of Prometheus. */
export function scraping({ metrics, needs, authorization, isScraper }: ScrapeOptions) {
  const needed = scopesIn(needs) ?? [];
  const scrape = createScrape(metrics);
  return new Elysia().get(
    METRICS,
    ({ request, set }) => {
      if (!isScraper?.(request)) authorization.authorize(request, needed);
      set.headers["content-type"] = "text/plain; version=0.0.4; charset=utf-8";
      return scrape();
    },
    { detail: { hide: true, ...needs } },
  );
}
