/** Alternating rounds, A B C, A B C, ..., so that other load affects all contenders alike. */
import { listenForNoise } from "./noise.ts";
import type { Report } from "./report.ts";
import type { Build } from "./services.ts";

export interface Contender<Sample> {
  name: string;
  measure(): Promise<Sample>;
}

export interface RoundsOptions {
  rounds: number;
  /** Called with lines about the progress. */
  say(line: string): void;
}

/** Options of every suite. */
export interface SuiteOptions extends RoundsOptions {
  /** Seconds of load per contender in a round. */
  seconds: number;
  /** A folder for databases and programs, shared by all suites. */
  folder: string;
  /** The executables to measure: those of the sources, and optionally those of another build. */
  builds: [Build, ...Build[]];
}

/** What `--only` of the benchmark selects, by name. */
export type Suites = Record<string, (options: SuiteOptions) => Promise<Report>>;

/** Returns the samples of each contender, in order. The first round warms up and is not counted. */
export async function alternate<Sample>(
  contenders: readonly Contender<Sample>[],
  { rounds, say }: RoundsOptions,
): Promise<Sample[][]> {
  const samples: Sample[][] = contenders.map(() => []);
  for (let round = 0; round <= rounds; round += 1) {
    await listenForNoise();
    for (const [index, { name, measure }] of contenders.entries()) {
      say(`${round === 0 ? "warming up" : `round ${round} of ${rounds}`}: ${name}`);
      const sample = await measure();
      if (round > 0) samples[index]?.push(sample);
    }
  }
  return samples;
}

export function minimum(values: readonly number[]): number {
  return Math.min(...values);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The range of the values, as a share of their median. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}
