/** The line of the log that a request leaves. */
import type { Log, LogRequests } from "../process/log.ts";
import { contextOf } from "./context.ts";
import { knownMethod } from "./methods.ts";

/** A request that took longer stands out: most take a thousandth of this. */
const SLOW_MS = 1_000;

export interface RequestLogOptions {
  log: Log;
  /** Which requests leave a line: `failed` are 4xx and 5xx, and the slow ones. */
  requests: LogRequests;
}

/** What became of a request. */
export interface Answered {
  /** The pattern of its path: what a client puts into a path is not for the log. */
  route: string;
  status: number;
  durationMs: number;
}

/**
 * Returns what writes the line. It holds nothing that a client made up but its request id. Probes that
 * are well leave none.
 */
export function createRequestLog({ log, requests }: RequestLogOptions) {
  if (requests === "off" || !log.enabled("info")) return () => {};

  return (request: Request, { route, status, durationMs }: Answered): void => {
    const isSlow = durationMs > SLOW_MS;
    const isWell = status < 400 && !isSlow;
    if (isWell && (requests === "failed" || isProbe(route))) return;
    const { id, span, failure, caller, bytes } = contextOf(request);
    log.info("request", {
      request_id: id,
      ...(span && { trace_id: span.context.traceId }),
      ...(caller && "hash" in caller && { caller: caller.hash }),
      method: knownMethod(request.method),
      route,
      status,
      ...(failure !== undefined && { code: failure }),
      ...(bytes !== undefined && { bytes }),
      duration_ms: Math.round(durationMs * 1_000) / 1_000,
      ...(isSlow && { slow: true }),
    });
  };
}

/** Probes and scrapes come every few seconds for ever, and say nothing while all is well. */
function isProbe(route: string): boolean {
  return route === "/metrics" || route.startsWith("/health/");
}
