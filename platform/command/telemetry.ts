/** The log, metrics and traces of a serving process: opened first, closed last. */
import { createLines } from "../process/lines.ts";
import { createLog, type Log } from "../process/log.ts";
import { createMetrics, type Metrics } from "../process/metrics.ts";
import { hasColours, standardError } from "../process/output.ts";
import { measureProcess } from "../process/process-metrics.ts";
import type { Tracer } from "../process/trace/tracer.ts";
import { destinationOf, turnedOffBy } from "../process/trace/variables.ts";
import type { Service, ServiceConfig, ServiceSchema, Surroundings } from "./service.ts";

export interface Telemetry {
  log: Log;
  metrics: Metrics;
  /** Undefined if traces go nowhere. */
  tracer: Tracer | undefined;
  /** Registers what to log before the process ends. */
  atEnd(write: () => void): void;
  /** Logs what was held back. */
  settle(): void;
  /** Settles and flushes: spans within this time, log lines within a second. */
  end(timeoutMs: number): Promise<void>;
}

/** @param env the environment, for the variables that control colors */
export async function openTelemetry(
  { name: service, family }: Pick<Service<ServiceSchema>, "name" | "family">,
  { config, env }: Pick<Surroundings, "env"> & { config: ServiceConfig },
): Promise<Telemetry> {
  const lines = createLines({
    sink: standardError,
    onDropped: (count) => log.warn("log lines dropped", { count }),
  });
  const { LOG_LEVEL: level, LOG_FORMAT: format } = config;
  const colours = format === "pretty" && hasColours(env);
  const nameWidth = Math.max(...family.map(({ name }) => name.length));
  const { write, page } = lines;
  const log = createLog({ service, level, format, colours, nameWidth, write, page });
  const metrics = createMetrics();
  const stopMeasuring = measureProcess(metrics, service);
  metrics.total({
    name: "log_lines_dropped_total",
    help: "Log lines dropped because nobody read them",
    read: lines.dropped,
  });
  const tracer = await openTracer(service, { config, log, metrics });

  const held: (() => void)[] = [];
  const settle = () => held.forEach((write) => write());

  return {
    log,
    metrics,
    tracer,
    atEnd: (write) => void held.push(write),
    settle,
    async end(timeoutMs) {
      stopMeasuring();
      settle();
      // Before the spans, which may have to wait for the collector.
      await lines.end();
      await tracer?.end(timeoutMs);
      await lines.end();
    },
  };
}

async function openTracer(
  service: string,
  { config, log, metrics }: Pick<Telemetry, "log" | "metrics"> & { config: ServiceConfig },
): Promise<Tracer | undefined> {
  const destination = destinationOf(config);
  if (!destination) {
    const variable = turnedOffBy(config);
    if (variable) log.info(`traces go nowhere: ${variable} turns them off`);
    return undefined;
  }
  const { url, protocol } = destination;
  // A query may hold a token.
  log.info(`traces go to ${url.replace(/\?.*/, "")} as ${protocol}`);
  // Loaded here because it is large and most deployments do not use it.
  const { createOtlpTracer } = await import("../http/trace/otlp.ts");
  const tracer = createOtlpTracer({ config, destination, service, log });
  for (const outcome of ["exported", "dropped", "refused"] as const) {
    metrics.total({
      name: "trace_spans_total",
      help: "Spans, by outcome",
      labels: { outcome },
      read: () => tracer.counts[outcome],
    });
  }
  return tracer;
}
