/** The interface of tracing: spans that start in a context and end. `otlp.ts` exports them. */
import type { TraceContext } from "./trace-context.ts";

export type Attributes = Record<string, string | number | boolean>;

/** One operation in a trace. */
export interface Span {
  /**
   * The context to pass on: spans that start in it are children of this one, here or in another
   * service.
   */
  readonly context: TraceContext;
  /** Ends the span. Call it once. */
  end(outcome?: Outcome): void;
}

export interface Outcome {
  /** A better name than the initial one. Default: the initial one */
  name?: string;
  /** More attributes. Default: none */
  attributes?: Attributes;
  /** The kind of failure, one of a bounded set: a status or the name of an error. Default: none */
  error?: string | undefined;
}

export interface SpanOptions {
  /** Whether the span is for a received or a sent request. */
  kind: "server" | "client";
  /** The parent. Default: none, so that it starts a new trace */
  parent?: TraceContext | undefined;
  /** Default: none */
  attributes?: Attributes;
}

export interface Tracer {
  /** Starts a span. Its name must be one of a bounded set. */
  start(name: string, options: SpanOptions): Span;
  /** The numbers of spans so far, by outcome. */
  readonly counts: Readonly<SpanCounts>;
  /** Flushes, and resolves within `timeoutMs`. Spans that end later are lost. */
  end(timeoutMs: number): Promise<void>;
}

export interface SpanCounts {
  exported: number;
  /** Because the queue was full. */
  dropped: number;
  /** Rejected by the collector. */
  refused: number;
}
