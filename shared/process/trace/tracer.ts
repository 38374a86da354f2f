/** What the program knows of tracing: spans that begin under a context and end. How they are exported is in `otlp.ts`. */
import type { TraceContext } from "./trace-context.ts";

export type Attributes = Record<string, string | number | boolean>;

/** One piece of work in a trace. */
export interface Span {
  /** What it hands on: work that begins under it is its child, here or in another service. */
  readonly context: TraceContext;
  /** Ends it, once. */
  end(outcome?: Outcome): void;
}

export interface Outcome {
  /** A better name than it began with. Default: that one */
  name?: string;
  /** More of them, known by now. Default: none */
  attributes?: Attributes;
  /** What kind of failure it was, one of a bounded set: a status, the name of an error. Default: none */
  error?: string | undefined;
}

export interface SpanOptions {
  /** Whether it answers a request, or makes one. */
  kind: "server" | "client";
  /** What it is a part of. Default: nothing, so that it begins a trace */
  parent?: TraceContext | undefined;
  /** Default: none */
  attributes?: Attributes;
}

export interface Tracer {
  /** Begins a span; its name is one of a bounded set. */
  start(name: string, options: SpanOptions): Span;
  /** What became of the spans so far. */
  readonly counts: Readonly<SpanCounts>;
  /** Sends what waits, and resolves after `timeoutMs` at the latest. No span is taken afterwards. */
  end(timeoutMs: number): Promise<void>;
}

export interface SpanCounts {
  exported: number;
  /** For want of room in the queue. */
  dropped: number;
  /** Those that the collector did not take. */
  refused: number;
}
