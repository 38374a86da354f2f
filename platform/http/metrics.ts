/** The metrics of requests and responses. */
import { andThen, type MaybePromise } from "../process/and-then.ts";
import type { Metrics } from "../process/metrics.ts";
import { createTurns } from "../process/turns.ts";
import { type Kind, perKind } from "./per-kind.ts";

/** The upper bounds of the histogram buckets. */
const BOUNDS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const BOUNDS_BYTES = [100, 300, 1_000, 3_000, 10_000, 30_000, 100_000];

export interface FinishedRequest extends Kind {
  durationMs: number;
  /** The `code` of the failure. Default: none */
  code?: string | undefined;
  /** The length of the response body. Default: unknown */
  bytes?: number | undefined;
}

/** What is counted from 0 on: the increase of a series that was not there would not be seen. */
export interface Declared {
  kinds: readonly Kind[];
  /** The codes of failures. */
  codes: Iterable<string>;
}

export interface RequestMetrics {
  started(): void;
  /** Call it once for every `started`. */
  finished(request: FinishedRequest): void;
}

/** @param declared called when the metrics are first read. Default: nothing is declared */
export function createRequestMetrics(
  metrics: Metrics,
  declared: () => Declared = () => ({ kinds: [], codes: [] }),
): RequestMetrics {
  const seriesOf = metrics.histogram({
    name: "http_request_duration_seconds",
    help: "Duration of requests, by method, route and status",
    bounds: BOUNDS_SECONDS,
  });
  const observerOf = perKind(({ method, route, status }) =>
    seriesOf({ method, route, status: String(status) }),
  );
  const failures = new Map<string, number>();
  function fail(code: string, times = 1): void {
    const count = failures.get(code);
    failures.set(code, (count ?? 0) + times);
    if (count !== undefined) return;
    metrics.total({
      name: "http_failures_total",
      help: "Failure responses, by code",
      labels: { code },
      read: () => failures.get(code) ?? 0,
    });
  }
  metrics.atFirstReading(() => {
    const { kinds, codes } = declared();
    for (const kind of kinds) observerOf(kind);
    for (const code of codes) fail(code, 0);
  });
  const sized = metrics.histogram({
    name: "http_response_size_bytes",
    help: "Length of JSON response bodies",
    bounds: BOUNDS_BYTES,
  })();
  let inFlight = 0;
  metrics.gauge({
    name: "http_requests_in_flight",
    help: "Requests in progress",
    read: () => inFlight,
  });

  return {
    started() {
      inFlight += 1;
    },
    finished(request) {
      inFlight -= 1;
      const { durationMs, code, bytes } = request;
      observerOf(request)(durationMs / 1_000);
      if (code !== undefined) fail(code);
      if (bytes !== undefined) sized(bytes);
    },
  };
}

/**
 * Returns the function that renders the metrics. All who ask while others wait share one rendering,
 * made after they asked, and there is one in a turn of the event loop at most.
 */
export function createScrape(metrics: Pick<Metrics, "text">): () => MaybePromise<string> {
  const nextTurn = createTurns();
  let asked = 0;
  let renderedFor = 0;
  let text = "";

  return () => {
    asked += 1;
    const own = asked;
    return andThen<void, string>(nextTurn(), () => {
      if (own > renderedFor) {
        renderedFor = asked;
        text = metrics.text();
      }
      return text;
    });
  };
}
