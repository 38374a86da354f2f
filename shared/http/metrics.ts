/** The metrics of a service in the Prometheus text format, version 0.0.4. */

/** Upper bounds of the buckets of the duration histogram. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Series {
  labels: string;
  /** Requests by bucket; the last is for those above all bounds. */
  counts: number[];
  sumSeconds: number;
}

export interface CounterOptions<Value extends string> {
  /** In words of `[a-z_]`, with `_total` at its end. */
  name: string;
  help: string;
  /** What tells its series apart. */
  label: string;
  /** All that the label may be: there is a series of each from the start, and never another. */
  values: readonly Value[];
}

export interface GaugeOptions {
  name: string;
  help: string;
  /** Asked for when the metrics are. */
  read: () => number;
}

export interface Metrics {
  started(): void;
  /** Every `started` has one `answered`. `route` is one of a bounded set. */
  answered(method: string, route: string, status: number, seconds: number): void;
  /** Adds a counter of the service's own; the function that is returned counts one more. */
  counter<Value extends string>(options: CounterOptions<Value>): (value: Value) => void;
  /** Adds a gauge of the service's own. */
  gauge(options: GaugeOptions): void;
  text(): string;
}

export function createMetrics(): Metrics {
  const series = new Map<string, Series>();
  const added: (() => string[])[] = [];
  let inFlight = 0;

  function seriesOf(method: string, route: string, status: number): Series {
    const key = `${method} ${status} ${route}`;
    let found = series.get(key);
    if (!found) {
      const labels = `method="${method}",route="${route}",status="${status}"`;
      found = {
        labels,
        counts: Array.from({ length: BUCKETS_SECONDS.length + 1 }, () => 0),
        sumSeconds: 0,
      };
      series.set(key, found);
    }
    return found;
  }

  return {
    started() {
      inFlight += 1;
    },
    answered(method, route, status, seconds) {
      inFlight -= 1;
      const row = seriesOf(method, route, status);
      const bucket = BUCKETS_SECONDS.findIndex((bound) => seconds <= bound);
      const index = bucket === -1 ? BUCKETS_SECONDS.length : bucket;
      row.counts[index] = (row.counts[index] ?? 0) + 1;
      row.sumSeconds += seconds;
    },
    counter({ name, help, label, values }) {
      const counts = new Map(values.map((value) => [value, 0]));
      added.push(() => [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} counter`,
        ...Array.from(counts, ([value, count]) => `${name}{${label}="${value}"} ${count}`),
      ]);
      return (value) => void counts.set(value, (counts.get(value) ?? 0) + 1);
    },
    gauge({ name, help, read }) {
      added.push(() => gauge(name, help, read()));
    },
    text() {
      const { user, system } = process.cpuUsage();
      return [
        ...histogram("http_request_duration_seconds", "Time to answer", [...series.values()]),
        ...gauge("http_requests_in_flight", "Requests being answered", inFlight),
        ...residentMemory(),
        ...gauge("process_uptime_seconds", "Time since the start", process.uptime()),
        "# HELP process_cpu_seconds_total Processor time used",
        "# TYPE process_cpu_seconds_total counter",
        `process_cpu_seconds_total ${(user + system) / 1e6}`,
        ...added.flatMap((lines) => lines()),
        "",
      ].join("\n");
    },
  };
}

/** Nothing where there is no file descriptor left to read it. */
function residentMemory(): string[] {
  try {
    return gauge("process_resident_memory_bytes", "Memory in use", process.memoryUsage.rss());
  } catch {
    return [];
  }
}

function gauge(name: string, help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`];
}

function histogram(name: string, help: string, series: readonly Series[]): string[] {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
  for (const { labels, counts, sumSeconds } of series) {
    let total = 0;
    for (const [index, count] of counts.entries()) {
      total += count;
      const bound = BUCKETS_SECONDS[index] ?? "+Inf";
      lines.push(`${name}_bucket{${labels},le="${bound}"} ${total}`);
    }
    lines.push(`${name}_sum{${labels}} ${sumSeconds}`, `${name}_count{${labels}} ${total}`);
  }
  return lines;
}
