/**
 * Servers under load in alternating rounds. Processor time a request decides, by its minimum: it holds
 * still where the speed depends on what else the machine does. The speed informs.
 */
import { count, percent } from "./report.ts";
import { alternate, median, minimum, spread, type SuiteOptions } from "./rounds.ts";
import { type Load, load, type Sample } from "./wrk.ts";

export interface Server extends Omit<Load, "seconds"> {
  name: string;
}

export interface Measured {
  name: string;
  /** Processor time of a request, in its cheapest round. */
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

/** A server's row: its name, ratios, and what {@link COLUMNS} names. */
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
  "CPU: user and system time of all the processes that serve, a request, the least and the median of",
  "the rounds. Speed and latency are medians, for information.",
];

/** The one of this name. */
export function named<One extends { name: string }>(all: readonly One[], name: string): One {
  const found = all.find((one) => one.name === name);
  if (!found) throw new Error(`There is no "${name}" here`);
  return found;
}

/** How fast one is, of another: 0.8 takes a quarter more processor time. */
export function speedOf(one: Measured, other: Measured): number {
  return other.cpuMicros / one.cpuMicros;
}
