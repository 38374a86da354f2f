/** The metrics of the process itself. */
import type { Metrics } from "./metrics.ts";
import { VERSION } from "./version.ts";

/** How often the delay of the event loop is sampled: a stall of this length is never missed. */
const SAMPLE_INTERVAL_MS = 100;
const DELAY_BOUNDS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/**
 * Registers CPU time, memory, uptime, build and the delay of the event loop: how late a timer runs
 * because something else kept the thread busy.
 *
 * @returns a function that stops the sampling
 */
export function measureProcess(metrics: Metrics, service: string): () => void {
  metrics.total({
    name: "process_cpu_seconds_total",
    help: "CPU time used",
    read() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  });
  metrics.gauge({
    name: "process_resident_memory_bytes",
    help: "Memory in use",
    read: residentBytes,
  });
  metrics.gauge({
    name: "process_start_time_seconds",
    help: "When the process started, in seconds since 1970",
    read: () => performance.timeOrigin / 1_000,
  });
  metrics.gauge({
    name: "process_uptime_seconds",
    help: "Time since the process started",
    read: () => process.uptime(),
  });
  metrics.gauge({
    name: "build_info",
    help: "The running version; always 1",
    labels: { service, version: VERSION, bun: Bun.version },
    read: () => 1,
  });
  return sampleDelay(
    metrics.histogram({
      name: "event_loop_delay_seconds",
      help: "Delay of a timer, sampled ten times a second",
      bounds: DELAY_BOUNDS_SECONDS,
    })(),
  );
}

/** NaN if there is no file descriptor left to read it. */
function residentBytes(): number {
  try {
    return process.memoryUsage.rss();
  } catch {
    return Number.NaN;
  }
}

function sampleDelay(observe: (seconds: number) => void): () => void {
  let due = performance.now() + SAMPLE_INTERVAL_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    // A timer may fire a fraction of a millisecond early.
    observe(Math.max(0, now - due) / 1_000);
    due = now + SAMPLE_INTERVAL_MS;
  }, SAMPLE_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
