/** The time of spans. `Date.now` has milliseconds only, in which a child seems to outlast its parent. */
import type { HrTime } from "@opentelemetry/api";

/** How far the clocks may differ until the one of the system was set: more than both round. */
const DIFFERENCE_MAX_MS = 100;

export interface PreciseClockOptions {
  /** Milliseconds since some moment, never fewer than before. Default: `performance.now` */
  monotonic?: () => number;
  /** That moment, in milliseconds since 1970. Default: `performance.timeOrigin` */
  originMs?: number;
  /** Milliseconds since 1970, as the system has them. Default: `Date.now` */
  wall?: () => number;
}

/** Returns a clock in parts of a microsecond. It follows the system's when that was set anew. */
export function createPreciseClock({
  monotonic = () => performance.now(),
  originMs = performance.timeOrigin,
  wall = Date.now,
}: PreciseClockOptions = {}): () => HrTime {
  let origin = originMs;
  return () => {
    const passed = monotonic();
    const difference = wall() - origin - passed;
    if (Math.abs(difference) > DIFFERENCE_MAX_MS) origin += difference;
    const ms = origin + passed;
    const seconds = Math.floor(ms / 1_000);
    return [seconds, Math.floor((ms - seconds * 1_000) * 1e6)];
  };
}
