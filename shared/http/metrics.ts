/** The metrics of a service in the Prometheus text format, version 0.0.4. */

/** Upper bounds of the buckets of the duration histogram. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Series {
  labels: string;
  /** Requests by bucket; the last is for those above all bounds. */
  counts: number[];
  sumSeconds: number;
}

export interface Metrics {
  started(): void;
  /** Every `started` has one `answered`. `route` is one of a bounded set. */
  answered(method: string, route: string, status: number, seconds: number): void;
  text(): string;
}

export function createMetrics(): Metrics {
  const series = new Map<string, Series>();
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
