/** The log line of a request. */
import type { Log, LogRequests } from "../process/log.ts";
import { contextOf } from "./context.ts";
import { isOperational } from "./operational.ts";
import { knownMethod } from "./routes.ts";

/** A request that takes longer is marked slow: most take a thousandth of this. */
const SLOW_MS = 1_000;

export interface RequestLogOptions {
  log: Log;
  /** Which requests are logged: `failed` means 4xx, 5xx and slow ones. */
  requests: LogRequests;
}

/** A finished request. */
export interface LoggedRequest {
  /** The pattern of its path: values from a client must not reach the log. */
  route: string;
  status: number;
  durationMs: number;
}

/**
 * Returns the function that logs a request. The request id is the only client input in the line.
 * Successful probes are not logged.
 */
export function createRequestLog({ log, requests }: RequestLogOptions) {
  if (requests === "off" || !log.enabled("info")) return () => {};

  return (request: Request, { route, status, durationMs }: LoggedRequest): void => {
    const isSlow = durationMs > SLOW_MS;
    const isWell = status < 400 && !isSlow;
    if (isWell && (requests === "failed" || isOperational(route))) return;
    const { id, span, failure, caller, bytes } = contextOf(request);
    // The log leaves out what is undefined.
    log.info("request", {
      request_id: id,
      trace_id: span?.context.traceId,
      caller: caller && "hash" in caller ? caller.hash : undefined,
      method: knownMethod(request.method),
      route,
      status,
      code: failure,
      bytes,
      duration_ms: Math.round(durationMs * 1_000) / 1_000,
      slow: isSlow || undefined,
    });
  };
}
