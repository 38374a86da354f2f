/**
 * Compares servers under load in alternating rounds, by the minimum processor time per request: it
 * is stable, while throughput depends on other load on the machine.
 */
import { count, percent } from "./report.ts";
import { alternate, median, minimum, spread, type SuiteOptions } from "./rounds.ts";
import { type Load, load, type Sample } from "./wrk.ts";

export interface Server extends Omit<Load, "seconds"> {
  name: string;
}

export interface Measured {
  name: string;
  /** Processor time per request, the minimum of all rounds. */
  cpuMicros: number;
  samples: readonly Sample[];
}

export async function compare(
  servers: readonly Server[],
  { seconds, rounds, say }: Pick<SuiteOptions, "seconds" | "rounds" | "say">,
): Promise<Measured[]> {
  const contenders = servers.map(({ name, ...target }) => ({
    name,
    measure: () => load({ ...target, seconds }),
  }));
  const samples = await alternate(contenders, { rounds, say });
  return servers.map(({ name }, index) => {
    const own = samples[index] ?? [];
    return { name, cpuMicros: minimum(own.map(({ cpuMicros }) => cpuMicros)), samples: own };
  });
}

export const COLUMNS = ["CPU µs", "median", "requests/s", "spread", "p50 ms", "p99 ms"];

/** The row of a server: its name, ratios, and the {@link COLUMNS}. */
export function row({ name, cpuMicros, samples }: Measured, ...ratios: number[]): string[] {
  const all = (pick: (sample: Sample) => number) => samples.map(pick);
  const speeds = all(({ requestsPerSecond }) => requestsPerSecond);
  return [
    name,
    ...ratios.map((ratio) => ratio.toFixed(2)),
    cpuMicros.toFixed(1),
    median(all((sample) => sample.cpuMicros)).toFixed(1),
    count(median(speeds)),
    percent(spread(speeds)),
    median(all(({ medianMs }) => medianMs)).toFixed(2),
    median(all(({ p99Ms }) => p99Ms)).toFixed(2),
  ];
}

export const HOW = [
  "CPU: user and system time per request of all server processes, minimum and median of the rounds.",
  "Throughput and latency are medians, for information.",
];

/** Returns the item with this name. */
export function named<One extends { name: string }>(all: readonly One[], name: string): One {
  const found = all.find((one) => one.name === name);
  if (!found) throw new Error(`"${name}" is missing`);
  return found;
}

/** The speed of one relative to another: 0.8 means a quarter more processor time. */
export function speedOf(one: Measured, other: Measured): number {
  return other.cpuMicros / one.cpuMicros;
}
