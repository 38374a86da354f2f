/** Alternating rounds: A B C, A B C, ... so that what else the machine does meets all alike. */
import { listenForNoise } from "./noise.ts";
import type { Build } from "./services.ts";

export interface Contender<Sample> {
  name: string;
  measure(): Promise<Sample>;
}

export interface RoundsOptions {
  rounds: number;
  /** Takes a line about what is going on. */
  say(line: string): void;
}

/** What every suite is told. */
export interface SuiteOptions extends RoundsOptions {
  /** How long a round loads a contender. */
  seconds: number;
  /** A folder for databases and programs, empty but for what other suites left. */
  folder: string;
  /** The executables to measure: those of the sources, and perhaps others to compare them with. */
  builds: [Build, ...Build[]];
}

/** The samples of each contender, in its order; a first round warms up and is not counted. */
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

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** How far the values lie apart, as a share of their median. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}
