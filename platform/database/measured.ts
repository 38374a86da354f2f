/** Metrics and spans of database operations: durations, failures, and units per commit. */
import { type MaybePromise, settling } from "../process/and-then.ts";
import type { Metrics } from "../process/metrics.ts";
import type { TraceContext } from "../process/trace/trace-context.ts";
import type { Span, Tracer } from "../process/trace/tracer.ts";
import {
  type Database,
  DatabaseUnavailable,
  type Row,
  type Statement,
  UniqueViolation,
  UnmetCondition,
  type Value,
} from "./database.ts";

const BOUNDS_SECONDS = [
  0.00001, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 5,
];
const BOUNDS_UNITS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** Matches the operation of a statement and its table, which an UPDATE names at once. */
const SUMMARY = /^\s*(\w+)(?:(?<=UPDATE)|\b[^]*?\b(?:FROM|INTO|UPDATE))\s+(?:ONLY\s+)?"?(\w+)/i;
const FIRST_WORD = /^\s*(\w+)/;

const KINDS = ["unavailable", "unique", "other"] as const;

export interface Measures {
  metrics: Metrics;
  /** Where the spans of operations go. Default: nowhere */
  tracer?: Tracer | undefined;
}

/** Returns the same database with metrics and spans. */
export function measured(database: Database, { metrics, tracer }: Measures): Database {
  const system = database.engine === "postgres" ? "postgresql" : "sqlite";

  /** Starts the span of an operation that belongs to a trace. */
  function spanOf(trace: TraceContext | undefined, text: string, batch: number) {
    // A child of an unsampled span is not recorded, whatever the sampler.
    if (!tracer || !trace?.sampled) return undefined;
    const [, word = "", table] = SUMMARY.exec(text) ?? FIRST_WORD.exec(text) ?? [];
    const operation = word.toUpperCase();
    return tracer.start(table ? `${operation} ${table}` : operation, {
      kind: "client",
      parent: trace,
      attributes: {
        "db.system.name": system,
        "db.operation.name": operation,
        ...(table && { "db.collection.name": table }),
        ...(batch > 1 && { "db.operation.batch.size": batch }),
      },
    });
  }

  const seriesOf = metrics.histogram({
    name: "database_operation_duration_seconds",
    help: "Duration of a read, or of a write until it is durable",
    bounds: BOUNDS_SECONDS,
  });
  const read = seriesOf({ operation: "read" });
  const write = seriesOf({ operation: "write" });
  const failed = metrics.counter({
    name: "database_failures_total",
    help: "Failed operations, by kind; unique is a conflict with existing rows",
    label: "kind",
    values: KINDS,
  });
  let inFlight = 0;
  metrics.gauge({
    name: "database_operations_in_flight",
    help: "Operations in progress or waiting for a connection or a commit",
    read: () => inFlight,
  });
  metrics.gauge({
    name: "database_connections_max",
    help: "Maximum number of concurrent operations",
    read: () => database.connectionsMax,
  });

  /** Does the work of an operation. */
  function measure<Result>(
    { observe, span }: { observe: (seconds: number) => void; span: Span | undefined },
    work: () => MaybePromise<Result>,
  ): MaybePromise<Result> {
    inFlight += 1;
    const startedAt = performance.now();
    return settling(work, (error) => {
      inFlight -= 1;
      observe((performance.now() - startedAt) / 1_000);
      const kind = error === undefined ? undefined : kindOf(error);
      if (kind) failed(kind);
      span?.end({ error: kind });
    });
  }

  return {
    ...database,
    read<R extends Row>(text: string, values: readonly Value[], trace?: TraceContext) {
      const operation = { observe: read, span: spanOf(trace, text, 1) };
      return measure(operation, () => database.read<R>(text, values));
    },
    write<R extends Row>(unit: readonly Statement[], trace?: TraceContext) {
      // The main statement of a unit is its last, after the record of the idempotency key.
      const { text } = unit.at(-1) as Statement;
      const operation = { observe: write, span: spanOf(trace, text, unit.length) };
      return measure(operation, () => database.write<R>(unit)) as Promise<R[][]>;
    },
  };
}

/** Registers metrics for the commits of SQLite. Returns the function to call after each commit. */
export function measureCommits(metrics: Metrics): (units: number, seconds: number) => void {
  const units = metrics.histogram({
    name: "database_commit_units",
    help: "Writes per commit",
    bounds: BOUNDS_UNITS,
  })();
  const duration = metrics.histogram({
    name: "database_commit_duration_seconds",
    help: "Duration of a commit, mostly spent by the disk",
    bounds: BOUNDS_SECONDS,
  })();
  return (count, seconds) => {
    units(count);
    duration(seconds);
  };
}

function kindOf(error: unknown): (typeof KINDS)[number] {
  if (error instanceof UniqueViolation || error instanceof UnmetCondition) return "unique";
  return error instanceof DatabaseUnavailable ? "unavailable" : "other";
}
