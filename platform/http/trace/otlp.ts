/** Exports spans by OTLP/HTTP, with the OpenTelemetry SDK. Loaded only if spans are exported. */
import {
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";

import type { Log } from "../../process/log.ts";
import type { TraceContext } from "../../process/trace/trace-context.ts";
import type { Outcome, Span, SpanCounts, SpanOptions, Tracer } from "../../process/trace/tracer.ts";
import { type Destination, pairsIn } from "../../process/trace/variables.ts";
import type { CommonValues } from "../../process/variables.ts";
import { VERSION } from "../../process/version.ts";
import { prepareFetch } from "../fetch.ts";
import { createOtlpExporter } from "./otlp-exporter.ts";
import { createPreciseClock } from "./precise-clock.ts";

export interface OtlpOptions {
  /** The configuration. */
  config: CommonValues;
  destination: Destination;
  /** The name of the service; `OTEL_SERVICE_NAME` overrides it. */
  service: string;
  /** Logs when the collector stops and resumes accepting spans. */
  log: Log;
}

/**
 * Creates a tracer that sends spans to a collector in batches. A slow or failing collector does not
 * affect requests: spans wait in a bounded queue, and those beyond it are dropped and counted.
 */
export function createOtlpTracer({ config, destination, service, log }: OtlpOptions): Tracer {
  const counts: SpanCounts = { exported: 0, dropped: 0, refused: 0 };
  const now = createPreciseClock();
  prepareFetch();
  const { queue, unsent } = createQueue({ config, destination, counts, log });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.version": VERSION,
      "service.instance.id": Bun.randomUUIDv7(),
      ...pairsIn(config.OTEL_RESOURCE_ATTRIBUTES),
      "service.name": config.OTEL_SERVICE_NAME || service,
    }),
    sampler: samplerOf(config),
    spanProcessors: [queue],
  });
  const tracer = provider.getTracer(service, VERSION);

  function start(name: string, { kind, parent, attributes = {} }: SpanOptions): Span {
    const context = parent
      ? trace.setSpanContext(ROOT_CONTEXT, {
          ...parent,
          traceFlags: parent.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
          traceState: createTraceState(parent.state),
          isRemote: kind === "server",
        })
      : ROOT_CONTEXT;
    const options = { kind: KINDS[kind], attributes, startTime: now() };
    const span = tracer.startSpan(name, options, context);
    const { traceId, spanId, traceFlags } = span.spanContext();
    const own: TraceContext = {
      traceId,
      spanId,
      sampled: (traceFlags & TraceFlags.SAMPLED) !== 0,
      state: parent?.state ?? "",
    };
    return {
      context: own,
      end({ name, attributes = {}, error }: Outcome = {}) {
        if (name !== undefined) span.updateName(name);
        span.setAttributes(attributes);
        if (error !== undefined) {
          span.setAttribute("error.type", error);
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
        span.end(now());
      },
    };
  }

  async function end(timeoutMs: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, timeoutMs);
    // Failures to send were counted and logged.
    await Promise.race([provider.shutdown().catch(() => {}), late.promise]);
    clearTimeout(timer);
    if (unsent() > 0) log.warn("traces were not sent", { spans: unsent() });
  }

  return { start, counts, end };
}

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT };

interface QueueOptions {
  config: CommonValues;
  destination: Destination;
  counts: SpanCounts;
  log: Log;
}

/** The SDK's queue, with counts of waiting and lost spans, which the SDK does not provide. */
function createQueue({ config, destination, counts, log }: QueueOptions) {
  const exporter = createOtlpExporter(destination);
  let waiting = 0;
  let underWay = 0;
  let taken = true;
  const counting: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length;
      underWay += spans.length;
      exporter.export(spans, (result) => {
        underWay -= spans.length;
        const before = taken;
        taken = result.error === undefined;
        counts[taken ? "exported" : "refused"] += spans.length;
        if (before && !taken) log.warn("traces cannot be sent", { error: result.error });
        if (!before && taken) log.info("traces are sent again", { ...counts });
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
  const batches = new BatchSpanProcessor({
    exporter: counting,
    scheduledDelayMillis: config.OTEL_BSP_SCHEDULE_DELAY,
    exportTimeoutMillis: config.OTEL_BSP_EXPORT_TIMEOUT,
    maxQueueSize: config.OTEL_BSP_MAX_QUEUE_SIZE,
    maxExportBatchSize: config.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
  });
  const queue: SpanProcessor = {
    onStart() {},
    onEnd(span) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
      if (waiting === config.OTEL_BSP_MAX_QUEUE_SIZE) {
        counts.dropped += 1;
        return;
      }
      waiting += 1;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
  return { queue, unsent: () => waiting + underWay };
}

function samplerOf({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG }: CommonValues): Sampler {
  const [, parent, kind] = /^(parentbased_)?(.*)$/.exec(OTEL_TRACES_SAMPLER) ?? [];
  const root =
    kind === "always_off"
      ? new AlwaysOffSampler()
      : kind === "traceidratio"
        ? new TraceIdRatioBasedSampler(Number(OTEL_TRACES_SAMPLER_ARG))
        : new AlwaysOnSampler();
  return parent ? new ParentBasedSampler({ root }) : root;
}
