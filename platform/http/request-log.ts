/** Which requests have a log line. */
import type { Log, LogRequests } from "../process/log.ts";
import { contextOf, pathOf } from "./context.ts";
import { isOperational } from "./operational.ts";
import { createRequestLine, isSlow, type LoggedRequest } from "./request-line.ts";

export interface RequestLogOptions {
  log: Log;
  /** Which requests are logged: `failed` means 4xx, 5xx and slow ones. */
  requests: LogRequests;
}

/**
 * Returns the function that logs a request. The request id is the only client input in the line.
 * Successful probes are not logged.
 */
export function createRequestLog({ log, requests }: RequestLogOptions) {
  if (requests === "off" || !log.enabled("info")) return () => {};
  const write = createRequestLine(log);

  return (request: Request, finished: LoggedRequest): void => {
    const isWell = finished.status < 400 && !isSlow(finished);
    if (isWell && (requests === "failed" || isOperational(finished.route))) return;
    // For whoever develops the service: JSON lines are kept, and values from a client are not.
    const shown = log.isPretty ? { ...finished, path: pathOf(request.url) } : finished;
    write(contextOf(request), shown);
  };
}
